import { Inject, Injectable } from '@nestjs/common';
import { BoundedStore } from './bounded.store.js';

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
}

/**
 * Figures of the cache.
 *
 * @example
 * ```ts
 * constructor(private readonly metrics: CacheMetrics) {}
 *
 * @Get('metrics')
 * cache() {
 *   return this.metrics.snapshot();
 * }
 * ```
 */
@Injectable()
export class CacheMetrics {
  constructor(@Inject(BoundedStore) private readonly store: BoundedStore) {}

  snapshot(): CacheSnapshot {
    const { size: entries, bytes, counts } = this.store;
    const reads = counts.hits + counts.misses;
    return Object.freeze({ entries, bytes, ...counts, hitRatio: reads === 0 ? 0 : counts.hits / reads });
  }
}
