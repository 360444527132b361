import type { SharedSnapshot } from '../far/shared.snapshot.js';

/** What the cache holds now, and its totals since the process started. */
export interface CacheSnapshot {
  /** Entries in this process. */
  readonly entries: number;
  /** Bytes in use, estimated on the high side. */
  readonly bytes: number;
  /** Reads that found a value. */
  readonly hits: number;
  /** Reads that found no value. */
  readonly misses: number;
  /** Hits divided by reads, 0 to 1; 0 before the first read. */
  readonly hitRatio: number;
  /** Entries evicted to make room for others. */
  readonly evictions: number;
  /**
   * The order in which entries are evicted at the moment: `frequency` protects entries that were used again, `lru` is plain
   * LRU. The cache chooses the one with fewer misses.
   */
  readonly evictionOrder: 'frequency' | 'lru';
  /** Entries removed because they had expired. */
  readonly expirations: number;
  /** Values that could not be cached or shared: too large, or not data. */
  readonly rejections: number;
  /** Tags invalidated by this process. */
  readonly tagInvalidations: number;
  /** Loads started by `LoadingCache`. */
  readonly loads: number;
  /** Loads that failed or timed out. */
  readonly loadFailures: number;
  /** Milliseconds spent in loads, in total. */
  readonly loadMs: number;
  /** Loads among them that have ended in the background, for which no caller waited: refreshes and revalidations. */
  readonly backgroundLoads: number;
  /** Background loads that failed or timed out; they are part of `loadFailures`, too. */
  readonly backgroundLoadFailures: number;
  /** Stale values served: while a load ran in the background, or because it failed or took too long. */
  readonly staleServed: number;
  /** Absent without CACHE_URL. */
  readonly shared?: SharedSnapshot;
}
