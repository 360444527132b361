/** What the cache holds and did since the process started. */
export interface CacheSnapshot {
  readonly entries: number;
  /** Bytes in use, by a count that errs on the high side. */
  readonly bytes: number;
  readonly hits: number;
  readonly misses: number;
  /** Hits per read, 0 to 1; 0 before the first read. */
  readonly hitRatio: number;
  /** Entries that made room for others. */
  readonly evictions: number;
  /** Entries that were taken out because their time had passed. */
  readonly expirations: number;
  /** Values that were not kept: too large, or not data. */
  readonly rejections: number;
  /** What `LoadingCache` loaded, or tried to. */
  readonly loads: number;
  readonly loadFailures: number;
  /** Milliseconds that loads took, all together. */
  readonly loadMs: number;
  /** Values past their time that were served because a load failed. */
  readonly staleServed: number;
}
