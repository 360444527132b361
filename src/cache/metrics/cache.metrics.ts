import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { inspect } from 'node:util';
import { CacheEngine } from '../cache.engine.js';
import { LoadingCache } from '../loading/loading.cache.js';
import type { MetricRegistry } from '../../common/metric-registry.js';
import { MetricRegistrations, SharedMetrics } from '../../common/shared-metrics.js';
import { figuresOf } from './cache.figures.js';
import type { CacheSnapshot } from './cache.snapshot.js';

const shared = new SharedMetrics<CacheSnapshot>('CacheMetrics.register()');

/**
 * Exposes the figures of the cache.
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
export class CacheMetrics implements OnApplicationShutdown {
  // Private names, so that nothing that lists properties shows them.
  readonly #engine: CacheEngine;
  readonly #loading: LoadingCache;
  readonly #registrations = new MetricRegistrations(shared, () => this.snapshot());

  constructor(@Inject(CacheEngine) engine: CacheEngine, @Inject(LoadingCache) loading: LoadingCache) {
    this.#engine = engine;
    this.#loading = loading;
  }

  /**
   * Adds the figures to a registry of prom-client, an optional peer: `cache_entries`, `cache_bytes`,
   * `cache_hits_total` and others. They are read when the registry is scraped.
   *
   * If several applications of one process register on one registry, each metric is their sum. `cache_shared_connected` is 1
   * if all of them are connected, `cache_shared_breaker_open` is 1 if any breaker is open, `cache_eviction_lru` if any of them
   * evicts in LRU order. The totals of an application remain after it is closed.
   *
   * @throws MissingPackageError if prom-client is not installed
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
    await this.#registrations.register(registry, figuresOf(this.snapshot()));
  }

  /** Ends the registrations. @hidden */
  onApplicationShutdown(): void {
    this.#registrations.end();
  }

  /** Returns the current figures, frozen. */
  snapshot(): CacheSnapshot {
    const { near, far, counts } = this.#engine;
    const reads = counts.hits + counts.misses;
    return Object.freeze({
      entries: near.size,
      bytes: near.bytes,
      ...counts,
      ...near.counts,
      evictionOrder: near.evictionOrder,
      hitRatio: reads === 0 ? 0 : counts.hits / reads,
      ...this.#loading.counts,
      ...(far === undefined ? {} : { shared: Object.freeze(far.figures) }),
    });
  }

  /** What JSON shows. @hidden */
  toJSON(): CacheSnapshot {
    return this.snapshot();
  }

  /** What `console.log` shows. @hidden */
  [inspect.custom](): string {
    return `CacheMetrics ${inspect(this.snapshot())}`;
  }
}
