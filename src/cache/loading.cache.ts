import { Inject, Injectable } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { BoundedStore } from './bounded.store.js';
import { keyOf } from './cache-arguments.js';
import { withTimeout, settlesWithin } from './timeout.js';
import { LoadBackoff } from './load-backoff.js';
import { LoadRunner } from './load-runner.js';
import { LoadingCacheError } from './loading.cache.error.js';
import { planOf, type LoadPlan, type LoadingOptions } from './loading.options.js';
import { LoadsInFlight, type InFlightLoad, type LoadResult } from './loads-in-flight.js';

/** After this time, or its `timeoutMs` if that is longer, new callers do not join a load but start another one. */
const JOINABLE_MS = 60_000;
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
  /** The figures that `CacheMetrics` shows. @hidden */
  readonly counts = { loads: 0, loadFailures: 0, loadMs: 0, staleServed: 0 };
  private readonly inFlight = new LoadsInFlight();
  private readonly backoff: LoadBackoff;
  private readonly runner: LoadRunner;
  /** The loads that the current code runs in, by key. */
  private readonly enclosingLoads = new AsyncLocalStorage<ReadonlyMap<string, InFlightLoad>>();

  constructor(@Inject(BoundedStore) private readonly store: BoundedStore) {
    this.backoff = new LoadBackoff(store.entries.capacity);
    this.runner = new LoadRunner(store, this.inFlight, this.backoff, this.counts);
    // An in-flight load may predate the change: its value is not stored, and later callers do not join it.
    store.loads.add({
      has: (key) => this.inFlight.has(key),
      drop: (key) => {
        this.inFlight.drop(key);
        this.backoff.forget(key);
      },
    });
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
    const value = this.store.find(key);
    if (value === undefined) return this.loadOrServeStale(key, load, options) as Promise<T>;
    const aheadMs = (options.refreshAheadSeconds ?? 0) * 1000;
    if (aheadMs > 0 && this.store.entries.remaining(key) < aheadMs) {
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
    const plan = planOf(options, this.store.ttl);
    if (this.inFlight.find(key) !== undefined || this.backoff.isPaused(key)) return;
    // Callers get the error only once the value has expired.
    this.joinOrStartLoad(key, load, { ...plan, graceMs: 0 }, aheadMs).catch(() => undefined);
  }

  private async loadOrServeStale(
    key: string,
    load: () => unknown,
    options: LoadingOptions,
  ): Promise<unknown> {
    let isHit = false;
    try {
      const plan = planOf(options, this.store.ttl);
      const stale = this.backoff.isPaused(key) ? await this.serveStale(key) : undefined;
      const { value, isStored, isSharedHit } = stale ?? (await this.joinOrStartLoad(key, load, plan, 0));
      isHit = isSharedHit;
      return isStored ? (this.store.peek(key) ?? value) : value;
    } catch (error) {
      const fresh = this.store.peek(key);
      if (fresh !== undefined) return fresh;
      const stale = await this.serveStale(key);
      if (stale === undefined) throw error;
      return stale.value;
    } finally {
      this.store.counts[isHit ? 'hits' : 'misses']++;
    }
  }

  private async serveStale(key: string): Promise<LoadResult | undefined> {
    const stale = await this.store.getStale(key);
    if (stale === undefined) return undefined;
    this.counts.staleServed++;
    return { value: stale.value, isStored: false, isSharedHit: false };
  }

  /** @param minFreshMs a value of another process replaces the load if it remains fresh for longer than this */
  private async joinOrStartLoad(
    key: string,
    load: () => unknown,
    plan: LoadPlan,
    minFreshMs: number,
  ): Promise<LoadResult> {
    const present = this.inFlight.find(key);
    if (present !== undefined && present === this.enclosingLoads.getStore()?.get(key)) {
      throw new LoadingCacheError('ERR_CACHE_LOAD_CYCLE', 'a load requested its own key');
    }
    const pending = present ?? this.startLoad(key, load, plan, minFreshMs);
    pending.waiterCount++;
    try {
      return await this.waitForLoad(key, pending, plan);
    } finally {
      pending.waiterCount--;
    }
  }

  /** Waits for a load; once it is late, uses a stale value instead. */
  private async waitForLoad(
    key: string,
    pending: InFlightLoad,
    { timeoutMs, graceMs }: LoadPlan,
  ): Promise<LoadResult> {
    const startedAt = performance.now();
    const untilLate = Math.min(STALE_WAIT_MS, timeoutMs) - this.inFlight.ageOf(pending);
    if (graceMs > 0 && untilLate < timeoutMs) {
      const isSettled = untilLate > 0 && (await settlesWithin(pending.result, untilLate));
      const stale = isSettled ? undefined : await this.serveStale(key);
      if (stale !== undefined) return stale;
    }
    if (timeoutMs === Infinity) return pending.result;
    const left = timeoutMs - (performance.now() - startedAt);
    return withTimeout(pending.result, left, () => this.giveUp(pending, timeoutMs));
  }

  private giveUp(pending: InFlightLoad, timeoutMs: number): LoadingCacheError {
    if (pending.isCurrent && !pending.isLate) this.counts.loadFailures++;
    pending.isLate = true;
    // Lets another process try.
    void pending.lock?.release();
    return new LoadingCacheError('ERR_CACHE_LOAD_TIMEOUT', `a load took longer than ${timeoutMs} ms`);
  }

  private startLoad(key: string, load: () => unknown, plan: LoadPlan, minFreshMs: number): InFlightLoad {
    const joinableMs = plan.timeoutMs === Infinity ? JOINABLE_MS : Math.max(JOINABLE_MS, plan.timeoutMs);
    const pending = this.inFlight.start(key, joinableMs);
    const chain = new Map(this.enclosingLoads.getStore()).set(key, pending);
    pending.result = this.enclosingLoads.run(chain, () =>
      this.runner.run(key, pending, load, plan, minFreshMs),
    );
    return pending;
  }
}
