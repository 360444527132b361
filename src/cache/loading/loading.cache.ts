import { Inject, Injectable } from '@nestjs/common';
import { settlesWithin, withTimeout } from '../../common/timeout.js';
import { keyOf } from '../cache-arguments.js';
import { CacheEngine } from '../cache.engine.js';
import { type LoadPlan, planOf, withoutStale } from './load-plan.js';
import { LoadRunner } from './load-runner.js';
import { LoadingCacheError } from './loading.cache.error.js';
import type { LoadingOptions } from './loading.options.js';
import type { InFlightLoad, LoadResult } from './loads-in-flight.js';

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
  private readonly own = { staleServed: 0, backgroundLoads: 0, backgroundLoadFailures: 0 };

  constructor(@Inject(CacheEngine) private readonly engine: CacheEngine) {
    this.runner = new LoadRunner(engine);
    engine.loads.add(this.runner);
  }

  /** The figures that `CacheMetrics` shows. @hidden */
  get counts() {
    return { ...this.runner.counts, ...this.own };
  }

  /**
   * Returns the value of a key, and loads it if it is missing. Cached values are frozen copies. `null` is cached like any
   * value, `undefined` is not.
   *
   * @throws LoadingCacheError if the load takes too long and there is no stale value, or if an option is out of range;
   * CacheArgumentError if the key is neither a string nor a number; the error of the load, if there is no stale value
   */
  get<T>(key: string, load: () => T | Promise<T>, options: LoadingOptions<T> = {}): Promise<T> {
    if (typeof key !== 'string') return this.getByOtherKey(key, load, options);
    if (options.force === true) return this.reload(key, load, options) as Promise<T>;
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
    options: LoadingOptions<T>,
  ): Promise<T> {
    return this.get(keyOf(key), load, options);
  }

  /** Loads a key even if it has a fresh value. */
  private async reload(key: string, load: () => unknown, options: LoadingOptions<never>): Promise<unknown> {
    const { value, isStored } = await this.joinLoad(key, load, planOf(options, this.engine.ttl));
    return isStored ? (this.engine.near.peek(key) ?? value) : value;
  }

  /** Loads a key in the background, unless a load is in flight or has just failed. */
  private async refresh(
    key: string,
    load: () => unknown,
    options: LoadingOptions<never>,
    aheadMs: number,
  ): Promise<void> {
    const plan = planOf(options, this.engine.ttl);
    if (this.runner.isLoading(key) || this.runner.isPaused(key)) return;
    // Callers get the error only once the value has expired.
    const background = { ...withoutStale(plan), minFreshMs: aheadMs };
    void this.awaitInBackground(this.runner.join(key, load, background), background);
  }

  private async loadOrServeStale(
    key: string,
    load: () => unknown,
    options: LoadingOptions<never>,
  ): Promise<unknown> {
    const plan = planOf(options, this.engine.ttl);
    let isHit = false;
    try {
      const stale = this.runner.isPaused(key) ? await this.serveStale(key, plan.staleMs) : undefined;
      const { value, isStored, isSharedHit } = stale ?? (await this.joinLoad(key, load, plan));
      isHit = isSharedHit;
      return isStored ? (this.engine.near.peek(key) ?? value) : value;
    } catch (error) {
      const fresh = this.engine.near.peek(key);
      if (fresh !== undefined) return fresh;
      const stale = await this.serveStale(key, plan.staleMs);
      if (stale === undefined) throw error;
      return stale.value;
    } finally {
      this.engine.counts[isHit ? 'hits' : 'misses']++;
    }
  }

  /** @param maxMs for how long the value may have been stale */
  private async serveStale(key: string, maxMs: number): Promise<LoadResult | undefined> {
    const stale = maxMs > 0 ? await this.engine.stale(key) : undefined;
    if (stale === undefined || stale.staleMs >= maxMs) return undefined;
    this.own.staleServed++;
    return { value: stale.value, isStored: false, isSharedHit: false };
  }

  private async joinLoad(key: string, load: () => unknown, plan: LoadPlan): Promise<LoadResult> {
    const isFirst = !this.runner.isLoading(key);
    const joined = this.runner.join(key, load, plan);
    joined.waiterCount++;
    try {
      // A caller that joins a load does not look into the far cache: the first one has.
      if (plan.revalidateMs > 0 && (isFirst || this.engine.near.holds(key))) {
        const stale = await this.serveStale(key, plan.revalidateMs);
        if (stale !== undefined && isFirst) void this.awaitInBackground(joined, plan);
        if (stale !== undefined) return stale;
      }
      return await this.waitForLoad(key, joined, plan);
    } finally {
      joined.waiterCount--;
    }
  }

  /** Waits for a load; once it is late, uses a stale value instead. */
  private async waitForLoad(key: string, joined: InFlightLoad, plan: LoadPlan): Promise<LoadResult> {
    const { staleMs, softTimeoutMs, timeoutMs } = plan;
    const startedAt = performance.now();
    const untilLate = Math.min(softTimeoutMs, timeoutMs) - this.runner.ageOf(joined);
    if (staleMs > 0 && untilLate < timeoutMs) {
      const isSettled = untilLate > 0 && (await settlesWithin(joined.result, untilLate));
      const stale = isSettled ? undefined : await this.serveStale(key, staleMs);
      if (stale !== undefined) return stale;
    }
    return this.settle(joined, timeoutMs, performance.now() - startedAt);
  }

  /** Waits for a load that has no other caller, so that it waits for its lock, and counts it. */
  private async awaitInBackground(joined: InFlightLoad, { timeoutMs }: LoadPlan): Promise<void> {
    joined.waiterCount++;
    try {
      const { isSharedHit } = await this.settle(joined, timeoutMs);
      if (!isSharedHit) this.own.backgroundLoads++;
    } catch {
      this.own.backgroundLoads++;
      this.own.backgroundLoadFailures++;
    } finally {
      joined.waiterCount--;
    }
  }

  /** @param waitedMs the part of `timeoutMs` that has passed */
  private async settle(joined: InFlightLoad, timeoutMs: number, waitedMs = 0): Promise<LoadResult> {
    if (timeoutMs === Infinity) return joined.result;
    return withTimeout(joined.result, timeoutMs - waitedMs, () => {
      this.runner.giveUp(joined);
      return new LoadingCacheError('ERR_CACHE_LOAD_TIMEOUT', `a load took longer than ${timeoutMs} ms`);
    });
  }
}
