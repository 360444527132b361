import type { OperationsReport } from '../operations.report.js';
import { type Content, type Html, html } from './html.js';
import { renderBadge, renderFacts, type Section, type Tone } from './parts.js';
import { bytes, count, elapsed, percent, time } from './quantities.js';

const STATE_TONES = { ready: 'good', starting: 'warn', draining: 'warn' } as const;

/** What an operator looks at first. */
export function renderStatus({ lifecycle, process, checks, fleet, cache }: OperationsReport): Html {
  const { findings } = checks;
  const reads = cache.hits + cache.misses;
  return html`<dl class="status">
    ${renderTile('State', renderBadge(lifecycle.state, STATE_TONES[lifecycle.state]), STATE_TONES[lifecycle.state])}${renderTile(
      'Release',
      process.release ?? 'unset',
      'plain',
    )}${renderTile(
      'Checks',
      html`<a href="#checks">${count(findings.length, 'finding')}</a>`,
      findings.length === 0 ? 'good' : 'warn',
    )}${renderTile('Workers', html`<a href="#fleet">${workersOf(fleet)}</a>`, workersTone(fleet))}${renderTile(
      'Cache hit ratio',
      html`<a href="#cache">${reads === 0 ? 'no reads yet' : percent(cache.hitRatio)}</a>`,
      'plain',
    )}
  </dl> `;
}

function renderTile(term: string, description: Content, tone: Tone): Html {
  return html`<div class="${tone}">
    <dt>${term}</dt>
    <dd>${description}</dd>
  </div> `;
}

function workersOf(fleet: OperationsReport['fleet']): string {
  if (fleet.state === 'known') return count(fleet.workers, 'worker');
  return fleet.state === 'off' ? 'not reported' : 'unknown';
}

function workersTone(fleet: OperationsReport['fleet']): Tone {
  if (fleet.state !== 'known') return 'plain';
  const agree = fleet.releases.every(({ drift, incomparable }) => drift.length === 0 && incomparable === 0);
  return agree ? 'good' : 'warn';
}

export function overviewSection({ at, process }: OperationsReport): Section {
  const { config, host, pid, node, startedAt, rssBytes, heapBytes, heapLimitBytes } = process;
  return {
    id: 'overview',
    title: 'Overview',
    body: renderFacts([
      ['Configuration', html`<code>${config}</code>`],
      ['Host', html`<code>${host}</code>`],
      ['Process', html`<code>${pid}</code>`],
      ['Node.js', html`<code>${node}</code>`],
      ['Started', time(startedAt)],
      ['Running for', elapsed(startedAt, at)],
      ['Memory of the process', bytes(rssBytes)],
      ['Heap in use', `${bytes(heapBytes)} of ${bytes(heapLimitBytes)}`],
    ]),
  };
}
