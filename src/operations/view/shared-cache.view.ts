import type { SharedSnapshot } from '../../cache/index.js';
import { type Content, type Html, html } from './html.js';
import { renderBadge, renderFacts, renderTable } from './parts.js';
import { count } from './quantities.js';

const BREAKER_TONES = { closed: 'good', 'half-open': 'warn', open: 'bad' } as const;

/** The server that processes share. */
export function sharedPart(shared: SharedSnapshot): Content {
  const { hits, misses, timeouts, errors, corrupt, invalidations, breaker, isConnected, masters } = shared;
  return [
    renderFacts([
      ['Connection', connectionOf(isConnected)],
      ['Circuit breaker', breakerOf(breaker)],
      ['Hits', count(hits, 'lookup')],
      ['Misses', count(misses, 'lookup')],
      ['Timeouts', count(timeouts, 'call')],
      ['Errors', count(errors, 'call')],
      ['Undecodable', count(corrupt, 'entry', 'entries')],
      ['Invalidations received', count(invalidations, 'invalidation')],
    ]),
    masters === undefined
      ? undefined
      : renderTable({
          caption: 'The masters of the cluster',
          columns: ['Node', 'Connection', 'Circuit breaker', 'Slots', 'Timeouts', 'Errors'],
          rows: masters.map((master) => ({
            cells: [
              html`<code>${master.id}</code>`,
              connectionOf(master.isConnected),
              breakerOf(master.breaker),
              count(master.slots, 'slot'),
              count(master.timeouts, 'call'),
              count(master.errors, 'call'),
            ],
          })),
        }),
  ];
}

function connectionOf(isConnected: boolean): Html {
  return isConnected ? renderBadge('connected', 'good') : renderBadge('not connected', 'bad');
}

function breakerOf(breaker: SharedSnapshot['breaker']): Html {
  return renderBadge(breaker, BREAKER_TONES[breaker]);
}
