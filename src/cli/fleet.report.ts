import { oneLine } from '../common/one-line.js';
import type { FleetDrain } from '../fleet/fleet.snapshot.js';
import type { KnownFleet } from './fleet.goal.js';

type Release = KnownFleet['releases'][number];

/** The workers of a service as text. */
export function renderFleet({ workers, unread, releases, keys, lastDrain }: KnownFleet): string {
  const lines = [
    `${workersOf(workers)} in ${releases.length === 1 ? 'one release' : `${releases.length} releases`}`,
  ];
  if (unread > 0) lines.push(`${unread} further states of workers were not read: there are too many`);
  lines.push('', ...releases.flatMap(linesOf), 'keys');
  for (const { id, accepted, signs } of keys) {
    lines.push(`  ${id}  accepted by ${accepted} of ${workers}, signs on ${signs}`);
  }
  if (lastDrain !== null) lines.push('', 'last shutdown', `  ${drainOf(lastDrain)}`);
  return `${lines.map(oneLine).join('\n')}\n`;
}

function linesOf({ release, workers, drift, incomparable, groups }: Release): string[] {
  const lines = [`${release === null ? 'without RELEASE' : `release ${release}`}: ${workersOf(workers)}`];
  for (const { setting, variants } of drift) {
    lines.push(`  ${setting} differs: ${variants.map((each) => each.workers).join(' / ')} workers`);
  }
  if (incomparable > 0) {
    lines.push(
      `  the keys of ${workersOf(incomparable)} have nothing in common with those of the others: their settings cannot be compared`,
    );
  }
  if (groups.length === 1) return [...lines, '  all agree', ''];
  for (const group of groups) {
    const more = group.workers > group.instances.length ? ', …' : '';
    lines.push(
      `  ${group.workers === 1 ? '1 worker' : `${group.workers} workers that agree`}: ${group.instances.join(', ')}${more}`,
    );
  }
  return [...lines, ''];
}

function drainOf({ instance, release, startedAt, seconds, cutOff }: FleetDrain): string {
  const name = release === null ? instance : `${instance} of release ${release}`;
  return `${name}: ${startedAt}, drained in ${seconds.toFixed(1)} s, ${cutOff} cut off`;
}

function workersOf(count: number): string {
  return count === 1 ? '1 worker' : `${count} workers`;
}
