import type { KeyGroupReport } from '../../cache/index.js';
import type { CacheReport } from '../cache-report.js';
import { type Html, html } from './html.js';
import {
  renderBadge,
  renderFacts,
  renderMeter,
  renderName,
  renderNote,
  renderTable,
  type Section,
} from './parts.js';
import { bytes, count, inUnit, percent } from './quantities.js';
import { sharedPart } from './shared-cache.view.js';
import { renderSparkline } from './sparkline.js';

export function cacheSection(cache: CacheReport): Section {
  const { entries, maxEntries, bytes: used, maxBytes, hits, misses, history, groups } = cache;
  return {
    id: 'cache',
    title: 'Cache',
    body: [
      cache.isEnabled
        ? undefined
        : html`<p>${renderBadge('CACHE_ENABLED is false: nothing is cached', 'warn')}</p>`,
      renderMeter(
        'Entries',
        entries,
        maxEntries,
        `${count(entries, 'entry', 'entries')} of ${count(maxEntries, 'entry', 'entries')}`,
      ),
      renderMeter('Bytes', used, maxBytes, `${bytes(used)} of ${bytes(maxBytes)}`),
      renderSparkline(history),
      renderFacts([
        ['Hit ratio', hits + misses === 0 ? 'no reads yet' : percent(cache.hitRatio)],
        ['Hits', count(hits, 'read')],
        ['Misses', count(misses, 'read')],
        ['Evictions', count(cache.evictions, 'entry', 'entries')],
        ['Eviction order', cache.evictionOrder === 'lru' ? 'least recently used' : 'by frequency of use'],
        ['Expirations', count(cache.expirations, 'entry', 'entries')],
        ['Rejections', count(cache.rejections, 'value')],
        ['Invalidated tags', count(cache.tagInvalidations, 'tag')],
        ['Default lifetime', inUnit(cache.ttlSeconds, 's')],
      ]),
      html`<h3>Loads</h3>`,
      renderFacts(loadFacts(cache)),
      groups.length === 0 ? undefined : [html`<h3>Keys</h3>`, renderGroups(groups)],
      html`<h3>Shared cache</h3>`,
      cache.shared === undefined
        ? renderNote('CACHE_URL is unset: each process has a cache of its own')
        : sharedPart(cache.shared),
    ],
  };
}

function loadFacts({ loads, loadFailures, loadMs, ...background }: CacheReport): [string, string][] {
  return [
    ['Loads', count(loads, 'load')],
    ['Failed loads', count(loadFailures, 'load')],
    ['Mean time of a load', loads === 0 ? 'no loads yet' : inUnit(loadMs / loads, 'ms')],
    ['Background loads', count(background.backgroundLoads, 'load')],
    ['Failed background loads', count(background.backgroundLoadFailures, 'load')],
    ['Stale values served', count(background.staleServed, 'value')],
  ];
}

function renderGroups(groups: readonly KeyGroupReport[]): Html {
  return renderTable({
    caption: 'Entries by the beginning of their keys; hits and misses are estimates from samples',
    columns: ['Keys', 'Entries', 'Bytes', 'Hit ratio', 'Reads', 'Loads'],
    rows: groups.map((group) => ({
      cells: [
        nameOf(group),
        count(group.entries, 'entry', 'entries'),
        bytes(group.bytes),
        group.hits + group.misses === 0 ? 'no reads yet' : percent(group.hits / (group.hits + group.misses)),
        count(group.hits + group.misses, 'read'),
        count(group.loads, 'load'),
      ],
    })),
  });
}

function nameOf({ kind, name }: KeyGroupReport): Html | string {
  const names = {
    prefix: renderName(`${name}:`),
    method: renderName(`${name}()`),
    responses: 'cached responses',
    tags: 'tags',
    unnamed: 'without a prefix',
    other: 'all others',
  };
  return names[kind];
}
