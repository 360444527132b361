import { showTime } from '../config/index.js';
import { type KeyRing, keysOf } from './key-ring.js';
import type { KeyMetrics } from './key.metrics.js';

/** A key of a ring, and what is known about its use. */
export interface KeyReport {
  /** The public id, which reveals nothing about the key. */
  readonly id: string;
  /** Whether it is the key that signs. */
  readonly isSigning: boolean;
  /** The time from which it signs, if it has one. */
  readonly since: string | undefined;
  /** How much it has verified, as in `KeySnapshot`. */
  readonly verified: number;
}

/** The keys of a process, for the operations page. */
export interface KeysReport {
  /** The signing key first. */
  readonly keys: readonly KeyReport[];
  /** What the legacy secrets of `jwtOptions()` have verified; undefined if there are none. */
  readonly legacyVerified: number | undefined;
  /** False if `secrets()` handed out keys: what express-session and cookie-parser verify with them is not counted. */
  readonly isComplete: boolean;
  /** How often changed key files were adopted. */
  readonly adopted: number;
  /** How often changed key files were refused. */
  readonly refused: number;
}

/** Shows each key of a ring with its use. */
export function reportKeys(ring: KeyRing, metrics: KeyMetrics): KeysReport {
  const keys = keysOf(ring);
  const { current, ids, adopted, refused, verified } = metrics.snapshot();
  return {
    keys: ids.map((id) => ({
      id,
      isSigning: id === current,
      since: sinceText(keys.sinceOf(id)),
      verified: verified[id] ?? 0,
    })),
    legacyVerified: verified['legacy'],
    isComplete: keys.counts.isComplete,
    adopted,
    refused,
  };
}

function sinceText(since: number | undefined): string | undefined {
  return since === undefined ? undefined : showTime(since);
}
