import type { FleetSnapshot } from '../fleet/fleet.snapshot.js';
import { CommandError } from './command.js';

export type KnownFleet = Extract<FleetSnapshot, { state: 'known' }>;

/** What `--wait` names. */
export function goalOf(text: string): (fleet: KnownFleet) => boolean {
  if (text === 'settled') return isSettled;
  const [, what, id] = /^(keys|signs)=([\w-]+)$/.exec(text) ?? [];
  if (id === undefined) throw new CommandError('--wait takes keys=<id>, signs=<id> or settled', true);
  const role = what === 'keys' ? 'accepted' : 'signs';
  return ({ keys, workers, unread }) =>
    unread === 0 && workers > 0 && keys.some((key) => key.id === id && key[role] === workers);
}

/** Whether the workers of each release have the same settings. */
export function agrees({ releases, unread }: KnownFleet): boolean {
  return unread === 0 && releases.every(({ groups }) => groups.length === 1);
}

/** Whether there is one release, and all workers have the same settings and keys. */
function isSettled(fleet: KnownFleet): boolean {
  const { releases, keys, workers } = fleet;
  return (
    agrees(fleet) &&
    releases.length === 1 &&
    keys.every(({ accepted }) => accepted === workers) &&
    keys.filter(({ signs }) => signs > 0).length === 1
  );
}
