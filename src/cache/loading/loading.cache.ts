import { Inject, Injectable } from '@nestjs/common';
import { settlesWithin, withTimeout } from '../../common/timeout.js';
import { keyOf } from '../cache-arguments.js';
import { CacheEngine } from '../cache.engine.js';
import { LoadRunner } from './load-runner.js';
import { LoadingCacheError } from './loading.cache.error.js';
import { type LoadPlan, type LoadingOptions, planOf } from './loading.options.js';
import type { InFlightLoad, LoadResult } from './loads-in-flight.js';

/** If there is a stale value, a caller waits no longer than this for a load. */
const STALE_WAIT_MS = 1_000;

/**
 * A read-through cache: it loads missing values. Concurrent callers of a key share one load.
 *
 * @example
 * ```ts
 * constructor(private readonly cache: LoadingCache, private readonly database: Database) {}
 *
 * product(id: number): Promise<Product | null> {
 *   return this.cache.get(`product:${id}`, () => this.database.product(id), { ttlSeconds: 60, graceSeconds: 3600 });
 * }
 * ```
 */
@Injectable()
export class LoadingCache {
  private readonly runner: LoadRunner;
  private staleServed = 0;

  constructor(@Inject(CacheEngine) private readonly engine: CacheEngine) {
    this.runner = new LoadRunner(engine);
    engine.loads.add(this.runner);
  }

  /** The figures that `CacheMetrics` shows. @hidden */
  get counts() {
    return { ...this.runner.counts, staleServed: this.staleServed };
  }

  /**
   * Returns the value of a key, and loads it if it is missing. Cached values are frozen copies. `null` is cached like any
   * value, `undefined` is not.
   *
   * @throws LoadingCacheError if the load takes too long and there is no stale value, or if an option is out of range;
   * CacheArgumentError if the key is neither a string nor a number; the error of the load, if there is no stale value
   */
  get<T>(key: string, load: () => T | Promise<T>, options: LoadingOptions = {}): Promise<T> {
    if (typeof key !== 'string') return this.getByOtherKey(key, load, options);
    const value = this.engine.find(key);
    if (value === undefined) return this.loadOrServeStale(key, load, options) as Promise<T>;
    const aheadMs = (options.refreshAheadSeconds ?? 0) * 1000;
    if (aheadMs > 0 && this.engine.near.remaining(key) < aheadMs) {
      return this.refresh(key, load, options, aheadMs).then(() => value as T);
    }
    return Promise.resolve(value as T);
  }

  private async getByOtherKey<T>(
    key: unknown,
    load: () => T | Promise<T>,
    options: LoadingOptions,
  ): Promise<T> {
    return this.get(keyOf(key), load, options);
  }

  /** Loads a key in the background, unless a load is in flight or has just failed. */
  private async refresh(
    key: string,
    load: () => unknown,
    options: LoadingOptions,
    aheadMs: number,
  ): Promise<void> {
    const plan = planOf(options, this.engine.ttl);
    if (this.runner.isLoading(key) || this.runner.isPaused(key)) return;
    // Callers get the error only once the value has expired.
    this.joinLoad(key, load, { ...plan, graceMs: 0 }, aheadMs).catch(() => undefined);
  }

  private async loadOrServeStale(
    key: string,
    load: () => unknown,
    options: LoadingOptions,
  ): Promise<unknown> {
    let isHit = false;
    try {
      const plan = planOf(options, this.engine.ttl);
      const stale = this.runner.isPaused(key) ? await this.serveStale(key) : undefined;
      const { value, isStored, isSharedHit } = stale ?? (await this.joinLoad(key, load, plan, 0));
      isHit = isSharedHit;
      return isStored ? (this.engine.near.peek(key) ?? value) : value;
    } catch (error) {
      const fresh = this.engine.near.peek(key);
      if (fresh !== undefined) return fresh;
      const stale = await this.serveStale(key);
      if (stale === undefined) throw error;
      return stale.value;
    } finally {
      this.engine.counts[isHit ? 'hits' : 'misses']++;
    }
  }

  private async serveStale(key: string): Promise<LoadResult | undefined> {
    const stale = await this.engine.stale(key);
    if (stale === undefined) return undefined;
    this.staleServed++;
    return { value: stale.value, isStored: false, isSharedHit: false };
  }

  /** @param minFreshMs a value of another process replaces the load if it remains fresh for longer than this */
  private async joinLoad(
    key: string,
    load: () => unknown,
    plan: LoadPlan,
    minFreshMs: number,
  ): Promise<LoadResult> {
    const joined = this.runner.join(key, load, plan, minFreshMs);
    joined.waiterCount++;
    try {
      return await this.waitForLoad(key, joined, plan);
    } finally {
      joined.waiterCount--;
    }
  }

  /** Waits for a load; once it is late, uses a stale value instead. */
  private async waitForLoad(
    key: string,
    joined: InFlightLoad,
    { timeoutMs, graceMs }: LoadPlan,
  ): Promise<LoadResult> {
    const startedAt = performance.now();
    const untilLate = Math.min(STALE_WAIT_MS, timeoutMs) - this.runner.ageOf(joined);
    if (graceMs > 0 && untilLate < timeoutMs) {
      const isSettled = untilLate > 0 && (await settlesWithin(joined.result, untilLate));
      const stale = isSettled ? undefined : await this.serveStale(key);
      if (stale !== undefined) return stale;
    }
    if (timeoutMs === Infinity) return joined.result;
    const left = timeoutMs - (performance.now() - startedAt);
    return withTimeout(joined.result, left, () => {
      this.runner.giveUp(joined);
      return new LoadingCacheError('ERR_CACHE_LOAD_TIMEOUT', `a load took longer than ${timeoutMs} ms`);
    });
  }
}
