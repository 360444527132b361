import type { FleetReading } from '../common/fleet-store.js';
import type { FleetRelease, FleetSnapshot } from './fleet.snapshot.js';
import { readDrain } from './last-drain.js';
import { linked } from './linked.js';
import type { WorkerState } from './worker-state.js';

/** Beyond that, states are only counted. */
export const MAX_STATES = 100;
/** By then, each worker has reported once since the server or the first worker was started. */
const COMPLETE_MS = 6_500;
const NAMED = 3;

/** A state, and the workers that have it. */
interface Workers {
  readonly state: WorkerState;
  readonly workers: number;
  readonly instances: readonly string[];
}

/** What the reports of all workers say. */
export function compareWorkers({ ageMs, states, read, drain }: FleetReading): FleetSnapshot {
  if (ageMs < COMPLETE_MS) return { state: 'unknown' };
  const all = read.flatMap(({ details, workers, instances }): Workers[] => {
    const state = readDetails(details);
    return state === undefined ? [] : [{ state, workers, instances }];
  });
  const releases = [...new Set(all.map(({ state }) => state.release))]
    .map((release) =>
      releaseOf(
        release,
        all.filter(({ state }) => state.release === release),
      ),
    )
    .toSorted(bySize);
  const ids = [...new Set(all.flatMap(({ state }) => state.keys))];
  const keys = ids.map((id) => ({
    id,
    accepted: count(all.filter(({ state }) => state.keys.includes(id))),
    signs: count(all.filter(({ state }) => state.signs === id)),
  }));
  return {
    state: 'known',
    workers: count(all),
    unread: states - all.length,
    releases,
    keys: keys.toSorted((one, other) => other.signs - one.signs || other.accepted - one.accepted),
    lastDrain: readDrain(drain),
  };
}

function releaseOf(release: string | null, all: readonly Workers[]): FleetRelease {
  // Fingerprints under different keys say nothing about each other.
  const comparable = linked(all, ({ state }) => state.keys);
  const parts = comparable.map(compare);
  const drift = new Map<string, { readonly workers: number }[]>();
  for (const [setting, variants] of parts.flatMap((part) => part.drift)) {
    drift.set(setting, [...(drift.get(setting) ?? []), ...variants]);
  }
  return {
    release,
    workers: count(all),
    drift: [...drift]
      .map(([setting, variants]) => ({ setting, variants: variants.toSorted(bySize) }))
      .toSorted((one, other) => (one.setting < other.setting ? -1 : 1)),
    incomparable: count(all) - Math.max(...comparable.map(count)),
    groups: parts.flatMap(({ groups }) => groups).toSorted(bySize),
  };
}

/** Compares workers of one release whose keys are linked. */
function compare(all: readonly Workers[]) {
  const settings = [...new Set(all.flatMap(({ state }) => state.settings))];
  const variants = settings.map((setting) => linked(all, ({ state }) => printsOf(state, setting)));
  const groups = new Map<string, Workers[]>();
  for (const one of all) {
    const values = variants.map((each) => each.findIndex((variant) => variant.includes(one))).join();
    groups.set(values, [...(groups.get(values) ?? []), one]);
  }
  return {
    drift: settings.flatMap((setting, place): [string, { readonly workers: number }[]][] => {
      const values = variants[place]!;
      return values.length === 1 ? [] : [[setting, values.map((value) => ({ workers: count(value) }))]];
    }),
    groups: [...groups.values()].map((group) => ({
      workers: count(group),
      instances: group.flatMap(({ instances }) => instances).slice(0, NAMED),
    })),
  };
}

/** The fingerprints of a setting under each key. A setting that a worker does not have differs from any value. */
function printsOf({ keys, settings, prints }: WorkerState, setting: string): string[] {
  const place = settings.indexOf(setting);
  return keys.map((id) => `${id} ${prints[id]?.[place] ?? ''}`);
}

function count(all: readonly Workers[]): number {
  return all.reduce((sum, { workers }) => sum + workers, 0);
}

function bySize(one: { readonly workers: number }, other: { readonly workers: number }): number {
  return other.workers - one.workers;
}

/** What a worker has reported; undefined if it is not of the form that this version writes. */
function readDetails(details: string): WorkerState | undefined {
  try {
    const state = JSON.parse(details) as Partial<WorkerState>;
    const { keys, settings, signs, prints = {}, release } = state;
    const isRead =
      Array.isArray(keys) &&
      Array.isArray(settings) &&
      typeof signs === 'string' &&
      (release === null || typeof release === 'string') &&
      keys.every((id: string) => Array.isArray(prints[id]));
    return isRead ? (state as WorkerState) : undefined;
  } catch {
    return undefined;
  }
}
