/** What became of calls to the cache that processes share. */
export interface SharedSnapshot {
  /** Looks that found a fresh entry. */
  readonly hits: number;
  /** Looks that found none. */
  readonly misses: number;
  /** Calls that took longer than CACHE_TIMEOUT_MS. */
  readonly timeouts: number;
  /** Calls that failed otherwise, and attempts to connect that did. */
  readonly errors: number;
  /** Entries that nobody could read. */
  readonly corrupt: number;
  /** Changes that the server told of. */
  readonly invalidations: number;
  /** Whether it is asked: 'open' means that it is not, because it did not answer. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Whether there is a connection on which the server answers. */
  readonly isConnected: boolean;
}

/** What the cache holds and did since the process started. */
export interface CacheSnapshot {
  /** Entries in this process. */
  readonly entries: number;
  /** Bytes in use, by a count that errs on the high side. */
  readonly bytes: number;
  /** Reads that were answered. */
  readonly hits: number;
  /** Reads that were not. */
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
  /** Those that failed or took too long. */
  readonly loadFailures: number;
  /** Milliseconds that loads took, all together. */
  readonly loadMs: number;
  /** Values past their time that were served because a load failed. */
  readonly staleServed: number;
  /** Absent without CACHE_URL. */
  readonly shared?: SharedSnapshot;
}
