import { Inject, Injectable } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { BoundedStore } from './bounded.store.js';
import { inTime } from './in-time.js';
import { valueOf } from './kept-value.js';
import { LoadingCacheError } from './loading.cache.error.js';
import { planOf, type LoadPlan, type LoadingOptions } from './loading.options.js';
import type { FleetLock, SharedReading } from './shared/shared-reading.js';

/** A load that is under way, and what it comes to. */
interface Flight {
  landed: Promise<Landing>;
  lock?: FleetLock;
  /** How many wait for it. */
  waiting: number;
}

/** What is kept is read from the cache, by each reader for himself. */
interface Landing {
  readonly value: unknown;
  readonly isKept: boolean;
  /** Another process had it. */
  readonly isFound: boolean;
}

const LOCK_POLL_MS = 25;
/** What comes of a load that nobody waits for any more, and that has not begun. */
const NOTHING: Landing = { value: undefined, isKept: false, isFound: false };

/**
 * Reads through the cache: what is not in it is loaded, once at a time for each key, however many ask.
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
  /** What `CacheMetrics` shows. @hidden */
  readonly counts = { loads: 0, loadFailures: 0, loadMs: 0, staleServed: 0 };
  private readonly flights = new Map<string, Flight>();
  /** The loads within which something is being asked for, by their key. */
  private readonly loading = new AsyncLocalStorage<ReadonlyMap<string, Flight>>();

  constructor(@Inject(BoundedStore) private readonly store: BoundedStore) {
    // What is being loaded was true before the change: it is not kept, and nobody who asks from now on waits for it.
    store.loads = {
      has: (key) => this.flights.has(key),
      drop: (key) => this.drop(key === undefined ? [...this.flights.keys()] : [key]),
    };
  }

  /**
   * The value under a key, loaded where it is not there. What the cache serves is a frozen copy. `null` is kept like
   * any value, `undefined` is not.
   *
   * @throws LoadingCacheError where the load takes too long and there is no stale value, or an option is out of range;
   * what the load itself throws, where there is no stale value
   */
  get<T>(key: string, load: () => T | Promise<T>, options: LoadingOptions = {}): Promise<T> {
    const value = this.store.find(key);
    if (value === undefined) return this.ask(key, load, options) as Promise<T>;
    const { refreshAheadSeconds } = options;
    if (refreshAheadSeconds !== undefined && this.store.entries.remaining(key) < refreshAheadSeconds * 1000) {
      // Whoever asks gets what is there; that it cannot be loaded is told when its time is over.
      this.join(key, load, planOf(options, this.store.ttl), refreshAheadSeconds * 1000).catch(
        () => undefined,
      );
    }
    return Promise.resolve(value as T);
  }

  private async ask(key: string, load: () => unknown, options: LoadingOptions): Promise<unknown> {
    let isHit = false;
    try {
      const { value, isKept, isFound } = await this.join(key, load, planOf(options, this.store.ttl), 0);
      isHit = isFound;
      return isKept ? (this.store.peek(key) ?? value) : value;
    } catch (error) {
      const fresh = this.store.peek(key);
      if (fresh !== undefined) return fresh;
      const stale = await this.store.getStale(key);
      if (stale === undefined) throw error;
      this.counts.staleServed++;
      return stale.value;
    } finally {
      this.store.counts[isHit ? 'hits' : 'misses']++;
    }
  }

  /** @param enough milliseconds for which a value of another process has to be fresh still, to stand in for a load */
  private async join(key: string, load: () => unknown, plan: LoadPlan, enough: number): Promise<Landing> {
    const present = this.flights.get(key);
    if (present !== undefined && present === this.loading.getStore()?.get(key)) {
      throw new LoadingCacheError('ERR_CACHE_LOAD_CYCLE', 'a load waits for the value that it is to load');
    }
    const flight = present ?? this.take(key, load, plan, enough);
    const { timeoutMs } = plan;
    flight.waiting++;
    try {
      return await (timeoutMs === undefined
        ? flight.landed
        : inTime(flight.landed, timeoutMs, () => tookLonger(timeoutMs)));
    } catch (error) {
      // Given up: the next caller loads again, and what comes of this load is dropped.
      if (this.flights.get(key) === flight) {
        this.flights.delete(key);
        this.counts.loadFailures++;
      }
      void flight.lock?.release();
      throw error;
    } finally {
      flight.waiting--;
    }
  }

  private take(key: string, load: () => unknown, plan: LoadPlan, enough: number): Flight {
    const flight = { waiting: 0 } as Flight;
    this.flights.set(key, flight);
    const chain = new Map(this.loading.getStore()).set(key, flight);
    flight.landed = this.loading.run(chain, () => this.land(key, flight, load, plan, enough));
    return flight;
  }

  private async land(
    key: string,
    flight: Flight,
    load: () => unknown,
    plan: LoadPlan,
    enough: number,
  ): Promise<Landing> {
    try {
      const looking = this.store.look(key);
      let before = looking && (await looking);
      if (plan.lock && before !== undefined && before.remaining <= enough) {
        before = await this.turn(key, flight, enough);
        if (flight.waiting === 0) return NOTHING;
      }
      // Read once: its time may end between two looks at the clock.
      const entry = before?.freshEntry;
      if (entry !== undefined && before!.remaining > enough) {
        return { value: valueOf(entry), isKept: true, isFound: true };
      }
      const value = await this.timed(key, flight, load);
      const isCurrent = this.flights.get(key) === flight;
      if (isCurrent) this.flights.delete(key);
      const isKept = isCurrent && (await this.store.fill(key, value, plan.ttlMs, plan.graceMs, before));
      return { value, isKept, isFound: false };
    } finally {
      void flight.lock?.release();
      if (this.flights.get(key) === flight) this.flights.delete(key);
    }
  }

  /** Waits while another process loads the key: for what it keeps, or for the turn of this one. */
  private async turn(key: string, flight: Flight, enough: number): Promise<SharedReading | undefined> {
    while (flight.waiting > 0) {
      const lock = await this.store.lock(key);
      if (lock !== undefined && lock !== 'taken') flight.lock = lock;
      const reading = await this.store.look(key);
      if (lock !== 'taken' || (reading !== undefined && reading.remaining > enough)) return reading;
      await delay(LOCK_POLL_MS);
    }
    return undefined;
  }

  /** Who asks for these keys from now on loads again, without waiting for the lock of the load before. */
  private drop(keys: readonly string[]): void {
    for (const key of keys) {
      void this.flights.get(key)?.lock?.release();
      this.flights.delete(key);
    }
  }

  private async timed(key: string, flight: Flight, load: () => unknown): Promise<unknown> {
    const started = performance.now();
    this.counts.loads++;
    try {
      return await load();
    } catch (error) {
      if (this.flights.get(key) === flight) this.counts.loadFailures++;
      throw error;
    } finally {
      this.counts.loadMs += performance.now() - started;
    }
  }
}

function tookLonger(timeoutMs: number): LoadingCacheError {
  return new LoadingCacheError('ERR_CACHE_LOAD_TIMEOUT', `a load took longer than ${timeoutMs} ms`);
}
