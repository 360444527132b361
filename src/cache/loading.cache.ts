import { Inject, Injectable } from '@nestjs/common';
import { AsyncLocalStorage } from 'node:async_hooks';
import { BoundedStore } from './bounded.store.js';
import { LoadingCacheError } from './loading.cache.error.js';
import { planOf, type LoadPlan, type LoadingOptions } from './loading.options.js';

/** A load that is under way, and what it comes to. */
interface Flight {
  landed: Promise<Landing>;
}

/** What is kept is read from the cache, by each reader for himself. */
interface Landing {
  readonly value: unknown;
  readonly isKept: boolean;
}

/**
 * Reads through the cache: what is not in it is loaded, once at a time for each key, however many ask.
 *
 * @example
 * ```ts
 * constructor(private readonly cache: LoadingCache, private readonly products: Products) {}
 *
 * product(id: number): Promise<Product | null> {
 *   return this.cache.get(`product:${id}`, () => this.products.find(id), { ttlSeconds: 60, graceSeconds: 3600 });
 * }
 * ```
 */
@Injectable()
export class LoadingCache {
  readonly counts = { loads: 0, loadFailures: 0, loadMs: 0, staleServed: 0 };
  private readonly flights = new Map<string, Flight>();
  /** The loads within which something is being asked for, by their key. */
  private readonly loading = new AsyncLocalStorage<ReadonlyMap<string, Flight>>();

  constructor(@Inject(BoundedStore) private readonly store: BoundedStore) {
    // What is being loaded was true before the change: it is not kept, and nobody who asks from now on waits for it.
    store.changed = (key) => {
      if (key === undefined) this.flights.clear();
      else this.flights.delete(key);
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
    const value = this.store.get(key);
    if (value === undefined) return this.join(key, load, options) as Promise<T>;
    const { refreshAheadSeconds } = options;
    if (refreshAheadSeconds !== undefined && this.store.remainingTtl(key) < refreshAheadSeconds * 1000) {
      // Whoever asks gets what is there; that it cannot be loaded is told when its time is over.
      this.join(key, load, options).catch(() => undefined);
    }
    return Promise.resolve(value as T);
  }

  private async join(key: string, load: () => unknown, options: LoadingOptions): Promise<unknown> {
    const plan = planOf(options, this.store.ttl);
    const present = this.flights.get(key);
    if (present !== undefined && present === this.loading.getStore()?.get(key)) {
      throw new LoadingCacheError('ERR_CACHE_LOAD_CYCLE', 'a load waits for the value that it is to load');
    }
    const flight = present ?? this.take(key, load, plan);
    try {
      const { value, isKept } = await inTime(flight.landed, plan.timeoutMs);
      return isKept ? (this.store.peek(key) ?? value) : value;
    } catch (error) {
      // Given up: the next caller loads again.
      if (this.flights.get(key) === flight) {
        this.flights.delete(key);
        this.counts.loadFailures++;
      }
      const fresh = this.store.peek(key);
      if (fresh !== undefined) return fresh;
      const stale = this.store.getStale(key);
      if (stale === undefined) throw error;
      this.counts.staleServed++;
      return stale.value;
    }
  }

  private take(key: string, load: () => unknown, plan: LoadPlan): Flight {
    const flight = {} as Flight;
    this.flights.set(key, flight);
    const chain = new Map(this.loading.getStore()).set(key, flight);
    flight.landed = this.loading.run(chain, () => this.land(key, flight, load, plan));
    return flight;
  }

  private async land(key: string, flight: Flight, load: () => unknown, plan: LoadPlan): Promise<Landing> {
    const started = performance.now();
    this.counts.loads++;
    try {
      const value = await load();
      const isCurrent = this.flights.get(key) === flight;
      return { value, isKept: isCurrent && this.store.set(key, value, plan.ttlMs, plan.graceMs) };
    } catch (error) {
      if (this.flights.get(key) === flight) this.counts.loadFailures++;
      throw error;
    } finally {
      this.counts.loadMs += performance.now() - started;
      if (this.flights.get(key) === flight) this.flights.delete(key);
    }
  }
}

/** A load that is given up goes on, and what comes of it is dropped. */
function inTime<T>(landed: Promise<T>, timeoutMs: number | undefined): Promise<T> {
  if (timeoutMs === undefined) return landed;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(new LoadingCacheError('ERR_CACHE_LOAD_TIMEOUT', `a load took longer than ${timeoutMs} ms`)),
      timeoutMs,
    );
    landed.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
