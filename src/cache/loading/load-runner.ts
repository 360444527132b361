import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheEngine } from '../cache.engine.js';
import type { SharedLookup } from '../far/shared-lookup.js';
import { type EntryTag, valueOf } from '../near/cache-entry.js';
import type { LoadTracker } from '../near/load-trackers.js';
import { LoadBackoff } from './load-backoff.js';
import { LoadingCacheError } from './loading.cache.error.js';
import type { LoadPlan } from './load-plan.js';
import { LoadTags } from './load-tags.js';
import type { LoadFunction } from './loading.options.js';
import { type InFlightLoad, LoadsInFlight, type LoadResult } from './loads-in-flight.js';
import { frozenCopyOf, type ValueStorage } from './value-storage.js';

/** After this time, or its `timeoutMs` if that is longer, new callers do not join a load but start another one. */
const JOINABLE_MS = 60_000;
const LOCK_POLL_MS = 25;
/** The loads that the current code runs in. One for all applications: each storage slows every promise of the process. */
const enclosingLoads = new AsyncLocalStorage<readonly InFlightLoad[]>();
/** The result of a load that was cancelled before it started. */
const NOT_LOADED: LoadResult = { value: undefined, isStored: false, isSharedHit: false };

interface Loaded {
  readonly value: unknown;
  /** Undefined if the load did not wait for them. */
  readonly tags: readonly EntryTag[] | undefined;
}

/** Runs loads, one at a time for each key: uses the value of another process, or calls the load function and stores its value. */
export class LoadRunner implements LoadTracker {
  readonly counts = { loads: 0, loadFailures: 0, loadMs: 0 };
  private readonly inFlight = new LoadsInFlight();
  private readonly backoff: LoadBackoff;

  constructor(
    private readonly engine: CacheEngine,
    private readonly storage: ValueStorage,
  ) {
    this.backoff = new LoadBackoff(engine.near.capacity);
  }

  has(key: string): boolean {
    return this.inFlight.has(key);
  }

  /** The value of a load that started before the change is not stored, and later callers do not join it. */
  drop(key?: string, isRemote = false): void {
    this.inFlight.drop(key, isRemote);
    this.backoff.forget(key);
  }

  /** Whether a load of the key failed so recently that no new load may start. */
  isPaused(key: string): boolean {
    return this.backoff.isPaused(key);
  }

  /** Whether a caller of the key would join a load. */
  isLoading(key: string): boolean {
    return this.inFlight.find(key) !== undefined;
  }

  /** Milliseconds since a load started. */
  ageOf(load: InFlightLoad): number {
    return this.inFlight.ageOf(load);
  }

  /**
   * Joins the load of a key, or starts one.
   *
   * @throws LoadingCacheError if a load requests its own key
   */
  join(key: string, load: LoadFunction, plan: LoadPlan): InFlightLoad {
    if (enclosingLoads.getStore()?.some((outer) => this.inFlight.includes(key, outer))) {
      throw new LoadingCacheError('ERR_CACHE_LOAD_CYCLE', 'a load requested its own key');
    }
    if (this.engine.isEnabled) {
      const present = this.inFlight.find(key);
      if (present !== undefined && (present.isForced || !plan.isForced)) return present;
      // The values of earlier loads are older.
      if (plan.isForced) this.inFlight.supersede(key);
    }
    return this.start(key, load, plan);
  }

  /** A caller stops waiting for a load. */
  giveUp(load: InFlightLoad): void {
    if (load.isCurrent && !load.isLate) this.counts.loadFailures++;
    load.isLate = true;
    // Lets another process try.
    void load.lock?.release();
  }

  private start(key: string, load: LoadFunction, plan: LoadPlan): InFlightLoad {
    const joinableMs = plan.timeoutMs === Infinity ? JOINABLE_MS : Math.max(JOINABLE_MS, plan.timeoutMs);
    const started = this.inFlight.start(key, joinableMs, plan);
    const chain = [...(enclosingLoads.getStore() ?? []), started];
    started.result = enclosingLoads.run(chain, () => this.run(key, started, load, plan));
    // Callers that were served a stale value do not wait for it.
    started.result.catch(() => undefined);
    return started;
  }

  private async run(
    key: string,
    started: InFlightLoad,
    load: LoadFunction,
    plan: LoadPlan,
  ): Promise<LoadResult> {
    try {
      const lookup = this.engine.lookup(key);
      let before = lookup && (await lookup);
      if (plan.lock && before !== undefined && before.remaining <= plan.minFreshMs) {
        before = await this.waitForLock(key, started, plan.minFreshMs);
        if (started.waiterCount === 0) {
          this.backoff.recordFailure(key);
          return NOT_LOADED;
        }
      }
      // Read once: it may expire between two reads of the clock.
      const entry = before?.freshEntry;
      if (entry !== undefined && before!.remaining > plan.minFreshMs) {
        return { value: valueOf(entry), isStored: true, isSharedHit: true };
      }
      const tags = new LoadTags(this.engine, started, plan);
      const reading = tags.readFirst();
      if (reading instanceof Promise) await reading;
      const loaded = await this.runLoad(key, started, () => load(tags), before);
      const isStored = await this.store(key, started, { value: loaded, tags: tags.all }, plan, before);
      const value = this.engine.isEnabled ? loaded : frozenCopyOf(loaded);
      return { value, isStored, isSharedHit: false };
    } finally {
      void started.lock?.release();
      this.inFlight.remove(key, started);
    }
  }

  /** Waits while another process loads the key, until its value is there or this process has the lock. */
  private async waitForLock(
    key: string,
    started: InFlightLoad,
    minFreshMs: number,
  ): Promise<SharedLookup | undefined> {
    while (started.waiterCount > 0) {
      const lock = await this.engine.far?.lock(key);
      if (lock !== undefined && lock !== 'taken') started.lock = lock;
      const found = await this.engine.lookup(key);
      if (lock !== 'taken' || (found !== undefined && found.remaining > minFreshMs)) return found;
      await delay(LOCK_POLL_MS);
    }
    return undefined;
  }

  /** Stores the value of a load, unless its key has changed meanwhile. Returns whether callers can read it from the cache. */
  private async store(
    key: string,
    { isCurrent, isForced, isOutdated }: InFlightLoad,
    { value, tags }: Loaded,
    plan: LoadPlan,
    before: SharedLookup | undefined,
  ): Promise<boolean> {
    // What another process has stored meanwhile may be older than the forced load.
    if (isForced && isOutdated) await this.engine.delete([key]);
    if (tags === undefined) this.engine.near.warnings.warnTagsNotAwaited(key);
    if (tags === undefined || !isCurrent || !this.engine.isEnabled) return false;
    this.inFlight.supersede(key);
    return this.storage.setLoaded(key, value, plan, tags, before);
  }

  private async runLoad(
    key: string,
    started: InFlightLoad,
    load: () => unknown,
    before: SharedLookup | undefined,
  ): Promise<unknown> {
    const startedAt = performance.now();
    this.counts.loads++;
    this.engine.observer?.load(key);
    try {
      return await load();
    } catch (error) {
      if (started.isCurrent) {
        if (!started.isLate) this.counts.loadFailures++;
        // Without a stale value to serve, the next caller must load again.
        if (this.engine.near.holds(key) || before?.isPresent === true) this.backoff.recordFailure(key);
      }
      throw error;
    } finally {
      this.counts.loadMs += performance.now() - startedAt;
    }
  }
}
