import type { KeysReport } from '../operations.report.js';
import { html } from './html.js';
import { renderBadge, renderFacts, renderTable, type Section } from './parts.js';
import { count, time } from './quantities.js';

export function keysSection({ keys, adopted, refused }: KeysReport): Section {
  const isCounted = keys.some(({ verified }) => verified !== undefined);
  const isTimed = keys.some(({ since }) => since !== undefined);
  return {
    id: 'keys',
    title: 'Keys',
    body: [
      renderTable({
        caption: 'Keys by their public ids, which reveal nothing about them',
        columns: [
          'Id',
          'Role',
          ...(isTimed ? ['Signs from'] : []),
          ...(isCounted ? ['Verified since the start'] : []),
        ],
        rows: keys.map(({ id, signs, since, verified }) => ({
          isMarked: signs,
          cells: [
            html`<code>${id}</code>`,
            signs ? renderBadge('signs and verifies', 'good') : 'verifies',
            ...(isTimed ? [since === undefined ? 'the start' : time(since)] : []),
            ...(isCounted ? [verified === undefined ? '–' : count(verified, 'signature')] : []),
          ],
        })),
      }),
      renderFacts([
        ['Changed key files adopted', count(adopted, 'time')],
        [
          'Changed key files refused',
          refused === 0 ? count(0, 'time') : renderBadge(count(refused, 'time'), 'bad'),
        ],
      ]),
    ],
  };
}
