import type { EntryTag } from './cache-entry.js';

/** How long an entry is valid: times in milliseconds, Infinity if it does not expire. */
export interface Lifetime {
  readonly fresh: number;
  /** For how long after that it may be served as a stale value. */
  readonly grace: number;
  /** The upper limit: it is removed after this time even if it is still fresh. Default: Infinity. */
  readonly maxAge?: number;
  /** It ends when one of these tags changes its generation. Default: none. */
  readonly tags?: readonly EntryTag[];
}

/** A stale value within its grace period. */
export interface Stale {
  readonly value: unknown;
  /** Milliseconds since it became stale. */
  readonly staleMs: number;
}
