import { settlesWithin, withTimeout } from '../../common/timeout.js';
import type { CacheEngine } from '../cache.engine.js';
import type { LoadPlan } from './load-plan.js';
import type { LoadFunction } from './loading.options.js';
import type { LoadRunner } from './load-runner.js';
import { LoadingCacheError } from './loading.cache.error.js';
import type { InFlightLoad, LoadResult } from './loads-in-flight.js';

/** Lets callers wait for loads, or gives them a stale value instead. */
export class LoadWaiter {
  readonly counts = { staleServed: 0, backgroundLoads: 0, backgroundLoadFailures: 0 };

  constructor(
    private readonly engine: CacheEngine,
    private readonly runner: LoadRunner,
  ) {}

  /**
   * A stale value, which is counted as served.
   *
   * @param maxMs for how long it may have been stale
   */
  async serveStale(key: string, maxMs: number): Promise<LoadResult | undefined> {
    const stale = maxMs > 0 ? await this.engine.stale(key) : undefined;
    if (stale === undefined || stale.staleMs >= maxMs) return undefined;
    this.counts.staleServed++;
    return { value: stale.value, isStored: false, isSharedHit: false };
  }

  /** Joins the load of a key, or starts one, and waits for it for as long as the plan says. */
  async join(key: string, load: LoadFunction, plan: LoadPlan): Promise<LoadResult> {
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

  /** Counts a background load and waits for it as a caller: without one, it would not wait for its lock. */
  async awaitInBackground(joined: InFlightLoad, { timeoutMs }: LoadPlan): Promise<void> {
    joined.waiterCount++;
    try {
      const { isSharedHit } = await this.settle(joined, timeoutMs);
      if (!isSharedHit) this.counts.backgroundLoads++;
    } catch {
      this.counts.backgroundLoads++;
      this.counts.backgroundLoadFailures++;
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
