import type { KeysReport } from '../../keys/index.js';
import { html } from './html.js';
import { renderBadge, renderFacts, renderNote, renderTable, type Section } from './parts.js';
import { count, time } from './quantities.js';

export function keysSection({ keys, legacyVerified, isComplete, adopted, refused }: KeysReport): Section {
  const isTimed = keys.some(({ since }) => since !== undefined);
  return {
    id: 'keys',
    title: 'Keys',
    body: [
      renderTable({
        caption: 'Keys by their public ids, which reveal nothing about them',
        columns: ['Id', 'Role', ...(isTimed ? ['Signs from'] : []), 'Verified since the start'],
        rows: keys.map(({ id, isSigning, since, verified }) => ({
          isMarked: isSigning,
          cells: [
            html`<code>${id}</code>`,
            isSigning ? renderBadge('signs and verifies', 'good') : 'verifies',
            ...(isTimed ? [since === undefined ? 'the start' : time(since)] : []),
            count(verified, 'signature'),
          ],
        })),
      }),
      isComplete
        ? undefined
        : renderNote('What express-session and cookie-parser verify with secrets() is not counted'),
      renderFacts([
        legacyVerified === undefined
          ? undefined
          : ['Verified by legacy secrets', count(legacyVerified, 'signature')],
        ['Changed key files adopted', count(adopted, 'time')],
        [
          'Changed key files refused',
          refused === 0 ? count(0, 'time') : renderBadge(count(refused, 'time'), 'bad'),
        ],
      ]),
    ],
  };
}
