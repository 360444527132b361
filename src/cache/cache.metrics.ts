import { Inject, Injectable } from '@nestjs/common';
import { BoundedStore } from './bounded.store.js';
import { LoadingCache } from './loading.cache.js';
import { registerFigures, type MetricRegistry } from './cache.prometheus.js';
import type { CacheSnapshot } from './cache.snapshot.js';

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
  constructor(
    @Inject(BoundedStore) private readonly store: BoundedStore,
    @Inject(LoadingCache) private readonly loading: LoadingCache,
  ) {}

  /**
   * Adds the figures to a registry of prom-client, an optional peer: `cache_entries`, `cache_bytes` and
   * `cache_hits_total` among others. They are read when the registry is.
   *
   * @throws MissingPackageError when prom-client is not installed
   *
   * @example
   * ```ts
   * @Module({})
   * export class MetricsModule {
   *   constructor(private readonly metrics: CacheMetrics) {}
   *
   *   async onModuleInit() {
   *     await this.metrics.register(register); // import { register } from 'prom-client'
   *   }
   * }
   * ```
   */
  async register(registry: MetricRegistry): Promise<void> {
    await registerFigures(registry, () => this.snapshot());
  }

  /** The figures as they are now, frozen. */
  snapshot(): CacheSnapshot {
    const { entries, counts, shared } = this.store;
    const reads = counts.hits + counts.misses;
    return Object.freeze({
      entries: entries.size,
      bytes: entries.bytes,
      ...counts,
      ...entries.counts,
      hitRatio: reads === 0 ? 0 : counts.hits / reads,
      ...this.loading.counts,
      ...(shared === undefined ? {} : { shared: Object.freeze(shared) }),
    });
  }
}
