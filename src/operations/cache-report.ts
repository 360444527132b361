import type { CacheSnapshot } from '../cache/index.js';

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
  /** The reads of recent times, the oldest first; at most 120 points. Absent if they are not recorded. */
  readonly history?: readonly CacheTimePoint[];
  /** The figures by prefix of the key, at most 50 and 'other'. Absent if they are not recorded. */
  readonly prefixes?: readonly PrefixReport[];
}

/** The reads within one interval. */
export interface CacheTimePoint {
  /** The end of the interval. */
  readonly at: string;
  /** Reads that found a value. */
  readonly hits: number;
  /** Reads that found no value. */
  readonly misses: number;
}

/** The figures of the keys with one prefix. */
export interface PrefixReport {
  /** The part of the keys before the first colon, or 'other'. */
  readonly prefix: string;
  /** Reads that found a value. */
  readonly hits: number;
  /** Reads that found no value. */
  readonly misses: number;
  /** Loads that were started. */
  readonly loads?: number;
  /** Entries now. */
  readonly entries?: number;
  /** Bytes now. */
  readonly bytes?: number;
  /** Entries evicted to make room for others. */
  readonly evictions?: number;
}
