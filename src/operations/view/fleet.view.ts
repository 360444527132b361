import type { FleetDrain, FleetRelease } from '../../fleet/index.js';
import type { FleetReport } from '../operations.report.js';
import { type Content, type Html, html } from './html.js';
import { renderBadge, renderFacts, renderName, renderNote, renderTable, type Section } from './parts.js';
import { count, time } from './quantities.js';

export function fleetSection(fleet: FleetReport): Section {
  return { id: 'fleet', title: 'Fleet', body: bodyOf(fleet) };
}

function bodyOf(fleet: FleetReport): Content {
  if (fleet.state === 'off') return renderNote(fleet.reason);
  if (fleet.state === 'unknown') {
    return renderNote('Nothing is known: Redis is away, or the first workers have just been started');
  }
  return [
    fleet.unread === 0
      ? undefined
      : renderNote(`${count(fleet.unread, 'further state')} of workers not shown`),
    renderTable({
      caption: `${count(fleet.workers, 'worker')} by release`,
      columns: ['Release', 'Workers', 'Settings', 'Keys'],
      rows: fleet.releases.map((release) => ({
        isMarked: release.drift.length > 0 || release.incomparable > 0,
        cells: [
          release.release ?? 'unset',
          count(release.workers, 'worker'),
          driftOf(release),
          keysOf(release),
        ],
      })),
    }),
    renderTable({
      caption: 'Keys of all workers',
      columns: ['Id', 'Verifies on', 'Signs on'],
      rows: fleet.keys.map(({ id, accepted, signs }) => ({
        cells: [
          html`<code>${id}</code>`,
          `${accepted} of ${count(fleet.workers, 'worker')}`,
          count(signs, 'worker'),
        ],
      })),
    }),
    fleet.lastDrain === null ? undefined : renderDrain(fleet.lastDrain),
  ];
}

function renderDrain({ instance, release, startedAt, seconds, cutOff }: FleetDrain): Content {
  return [
    html`<h3>Last shutdown</h3>`,
    renderFacts([
      ['Worker', html`<code>${instance}</code>`],
      ['Release', release ?? 'unset'],
      ['Began', time(startedAt)],
      ['Drained in', `${seconds.toFixed(1)} s`],
      ['Cut off', renderBadge(count(cutOff, 'request'), cutOff === 0 ? 'good' : 'warn')],
    ]),
  ];
}

function driftOf({ drift }: FleetRelease): Content {
  if (drift.length === 0) return renderBadge('the same', 'good');
  return [
    renderBadge(count(drift.length, 'setting differs', 'settings differ'), 'warn'),
    html`<ul>
      ${drift.map(renderDrift)}
    </ul>`,
  ];
}

function renderDrift({ setting, variants }: FleetRelease['drift'][number]): Html {
  const workers = variants.map((variant) => variant.workers).join(' / ');
  return html`<li>${renderName(setting)}: ${count(variants.length, 'value')}, on ${workers} workers</li>`;
}

function keysOf({ incomparable }: FleetRelease): Content {
  return incomparable === 0
    ? renderBadge('comparable', 'good')
    : renderBadge(`${count(incomparable, 'worker')} with other keys`, 'bad');
}
