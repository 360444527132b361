import type { CacheReport, PrefixReport } from '../cache-report.js';
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
  const { entries, maxEntries, bytes: used, maxBytes, hits, misses, history = [], prefixes = [] } = cache;
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
      prefixes.length === 0 ? undefined : [html`<h3>Prefixes</h3>`, renderPrefixes(prefixes)],
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

function renderPrefixes(prefixes: readonly PrefixReport[]): Html {
  return renderTable({
    caption: 'Figures by the prefix of the key',
    columns: ['Prefix', 'Hit ratio', 'Reads', 'Loads', 'Entries', 'Bytes', 'Evictions'],
    rows: prefixes.map(({ prefix, hits, misses, loads, entries, bytes: used, evictions }) => ({
      cells: [
        renderName(prefix),
        hits + misses === 0 ? 'no reads yet' : percent(hits / (hits + misses)),
        count(hits + misses, 'read'),
        loads === undefined ? '–' : count(loads, 'load'),
        entries === undefined ? '–' : count(entries, 'entry', 'entries'),
        used === undefined ? '–' : bytes(used),
        evictions === undefined ? '–' : count(evictions, 'entry', 'entries'),
      ],
    })),
  });
}
