import type { CacheSnapshot, KeyGroupReport } from '../cache/index.js';

/** The cache. */
export interface CacheReport extends CacheSnapshot {
  /** Whether anything is cached. */
  readonly isEnabled: boolean;
  /** The most entries. */
  readonly maxEntries: number;
  /** The most bytes. */
  readonly maxBytes: number;
  /** The lifetime of an entry that is set without one, in seconds. */
  readonly ttlSeconds: number;
  /** One interval each 30 s since the start, the oldest first; at most 120. */
  readonly history: readonly CacheInterval[];
  /**
   * The largest groups of keys, at most 50, and 'other' for the rest. A key shows its beginning only: a word of at most 32
   * letters, digits, _ and - before the first colon, or the name of a cached method, and no secret of the configuration.
   */
  readonly groups: readonly KeyGroupReport[];
}

/** What happened within one interval. */
export interface CacheInterval {
  /** The end of the interval. */
  readonly at: string;
  /** Reads that found a value. */
  readonly hits: number;
  /** Reads that found no value. */
  readonly misses: number;
  /** Entries evicted to make room for others. */
  readonly evictions: number;
  /** Entries at its end. */
  readonly entries: number;
  /** Bytes at its end. */
  readonly bytes: number;
}
