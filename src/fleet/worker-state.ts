import { stateOf } from '../config/index.js';
import { type KeyRing, signInternal, signInternalWithEach } from '../keys/index.js';
import { canonicalText } from './canonical-text.js';

/** What a worker tells of itself: neither a secret nor the value of a setting, RELEASE excepted. */
export interface WorkerState {
  readonly release: string | null;
  /** The ids of its keys, sorted. */
  readonly keys: readonly string[];
  /** The id of the key that signs. */
  readonly signs: string;
  /** The names of the settings that are compared. */
  readonly settings: readonly string[];
  /** The fingerprints of the settings, in their order, under each key. */
  readonly prints: Readonly<Record<string, readonly string[]>>;
}

/** They are shown as keys. */
const KEYS = new Set(['SECRET_KEY', 'SECRET_KEY_FALLBACKS']);
/** 66 bits: enough to tell values apart. */
const PRINT_LENGTH = 11;
const ID_LENGTH = 16;
const PURPOSE = 'fleet';

/** RELEASE; null if it is unset. */
export function releaseOf(config: object): string | null {
  const release = stateOf(config).values['RELEASE'];
  return typeof release === 'string' ? release : null;
}

/** What a worker with this configuration and these keys reports. */
export function describeWorker(
  config: object,
  ring: KeyRing,
): { readonly id: string; readonly details: string } {
  const { settings, values } = stateOf(config);
  const { ids, current } = ring;
  const names = [...settings.values()]
    .filter(({ name, perInstance }) => perInstance !== true && !KEYS.has(name))
    .map(({ name }) => name)
    .toSorted();
  const prints = names.map((name) =>
    signInternalWithEach(ring, PURPOSE, Buffer.from(`${name}=${canonicalText(values[name])}`)),
  );
  const state: WorkerState = {
    release: releaseOf(config),
    keys: ids.toSorted(),
    signs: current.id,
    settings: names,
    prints: Object.fromEntries(
      ids.map((id, place) => [id, prints.map((each) => each[place]!.slice(0, PRINT_LENGTH))]),
    ),
  };
  const details = JSON.stringify(state);
  return { id: signInternal(ring, PURPOSE, details).slice(0, ID_LENGTH), details };
}
