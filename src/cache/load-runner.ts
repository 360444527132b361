import { setTimeout as delay } from 'node:timers/promises';
import type { BoundedStore } from './bounded.store.js';
import { valueOf } from './near/cache-entry.js';
import type { LoadBackoff } from './load-backoff.js';
import type { LoadPlan } from './loading.options.js';
import type { InFlightLoad, LoadResult, LoadsInFlight } from './loads-in-flight.js';
import type { SharedLookup } from './far/shared-lookup.js';

const LOCK_POLL_MS = 25;
/** The result of a load that was cancelled before it started. */
const NOT_LOADED: LoadResult = { value: undefined, isStored: false, isSharedHit: false };

/** Runs a load: uses the value of another process, or calls the load function and stores its value. */
export class LoadRunner {
  constructor(
    private readonly store: BoundedStore,
    private readonly inFlight: LoadsInFlight,
    private readonly backoff: LoadBackoff,
    private readonly counts: { loads: number; loadFailures: number; loadMs: number },
  ) {}

  /** @param minFreshMs a value of another process replaces the load if it remains fresh for longer than this */
  async run(
    key: string,
    pending: InFlightLoad,
    load: () => unknown,
    plan: LoadPlan,
    minFreshMs: number,
  ): Promise<LoadResult> {
    try {
      const lookup = this.store.lookupShared(key);
      let before = lookup && (await lookup);
      if (plan.lock && before !== undefined && before.remaining <= minFreshMs) {
        before = await this.waitForLock(key, pending, minFreshMs);
        if (pending.waiterCount === 0) {
          this.backoff.recordFailure(key);
          return NOT_LOADED;
        }
      }
      // Read once: it may expire between two reads of the clock.
      const entry = before?.freshEntry;
      if (entry !== undefined && before!.remaining > minFreshMs) {
        return { value: valueOf(entry), isStored: true, isSharedHit: true };
      }
      const value = await this.runLoad(key, pending, load);
      const { isCurrent } = pending;
      if (isCurrent) this.inFlight.supersede(key);
      const isStored =
        isCurrent && (await this.store.setLoaded(key, value, plan.ttlMs, plan.graceMs, before));
      return { value, isStored, isSharedHit: false };
    } finally {
      void pending.lock?.release();
      this.inFlight.remove(key, pending);
    }
  }

  /** Waits while another process loads the key, until its value is there or this process has the lock. */
  private async waitForLock(
    key: string,
    pending: InFlightLoad,
    minFreshMs: number,
  ): Promise<SharedLookup | undefined> {
    while (pending.waiterCount > 0) {
      const lock = await this.store.lock(key);
      if (lock !== undefined && lock !== 'taken') pending.lock = lock;
      const found = await this.store.lookupShared(key);
      if (lock !== 'taken' || (found !== undefined && found.remaining > minFreshMs)) return found;
      await delay(LOCK_POLL_MS);
    }
    return undefined;
  }

  private async runLoad(key: string, pending: InFlightLoad, load: () => unknown): Promise<unknown> {
    const started = performance.now();
    this.counts.loads++;
    try {
      return await load();
    } catch (error) {
      if (pending.isCurrent) {
        if (!pending.isLate) this.counts.loadFailures++;
        // Without a stale value to serve, the next caller must load again.
        if (this.store.entries.holds(key)) this.backoff.recordFailure(key);
      }
      throw error;
    } finally {
      this.counts.loadMs += performance.now() - started;
    }
  }
}
