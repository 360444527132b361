import { Inject, Injectable } from '@nestjs/common';
import { keyOf } from '../cache-arguments.js';
import { CacheEngine } from '../cache.engine.js';
import { tagKeys } from '../tags/tag-key.js';
import { planOf, storagePlanOf, withoutStale } from './load-plan.js';
import { LoadRunner } from './load-runner.js';
import { LoadWaiter } from './load-waiter.js';
import type { LoadFunction, LoadingOptions, StoringOptions } from './loading.options.js';
import { TaggedWrites } from './tagged-writes.js';
import { ValueStorage } from './value-storage.js';

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
  private readonly waiter: LoadWaiter;
  private readonly storage: ValueStorage;
  private readonly taggedWrites: TaggedWrites;

  constructor(@Inject(CacheEngine) private readonly engine: CacheEngine) {
    this.storage = new ValueStorage(engine);
    this.taggedWrites = new TaggedWrites(engine, this.storage);
    this.runner = new LoadRunner(engine, this.storage);
    this.waiter = new LoadWaiter(engine, this.runner);
    engine.loads.add(this.runner);
  }

  /** The figures that `CacheMetrics` shows. @hidden */
  get counts() {
    return { ...this.runner.counts, ...this.waiter.counts };
  }

  /**
   * Returns the value of a key, and loads it if it is missing. Cached values are frozen copies. `null` is cached like any
   * value, `undefined` is not.
   *
   * @throws LoadingCacheError if the load takes too long and there is no stale value, if it requests its own key, or if an option
   * is out of range; CacheArgumentError if the key is neither a string nor a number, or a tag is invalid; the error of the
   * load, if there is no stale value
   */
  get<T>(key: string, load: LoadFunction<T>, options: LoadingOptions<T> = {}): Promise<T> {
    if (typeof key === 'string' && !key.startsWith('@')) return this.read(key, load, options);
    return this.getByOtherKey(key, load, options);
  }

  /**
   * Stores a frozen copy of a value, in place of the present one and of loads in flight, and returns whether it could be stored.
   *
   * @throws LoadingCacheError if an option is out of range; CacheArgumentError if the key is neither a string nor a number, or
   * a tag is invalid
   */
  async set<T>(key: string, value: T, options: StoringOptions<T> = {}): Promise<boolean> {
    const plan = storagePlanOf(options, this.engine.ttl);
    const name = keyOf(key);
    return plan.tags.length === 0
      ? this.storage.set(name, value, plan, [])
      : this.taggedWrites.set(name, value, plan);
  }

  /**
   * Removes keys, in all processes that share a cache, and returns whether one of them was there. Loads in flight are not stored,
   * and later callers start a new one.
   *
   * @throws CacheArgumentError if a key is neither a string nor a number
   */
  async delete(...keys: string[]): Promise<boolean> {
    return keys.length > 0 && this.engine.delete(keys.map(keyOf));
  }

  /**
   * Invalidates all values and cached responses with one of these tags: at once in this process, and in each other one as soon
   * as it gets the message of the server, or within 5 s if the server sends none. The promise resolves when the server has the
   * change; if it does not answer, the tags are invalidated there once it does. A value that is being loaded is not cached.
   *
   * @throws CacheArgumentError if a tag is not a text of 1 to 256 characters
   *
   * @example
   * ```ts
   * constructor(private readonly cache: LoadingCache, private readonly database: Database) {}
   *
   * async rename(id: number, name: string) {
   *   await this.database.rename(id, name);
   *   await this.cache.invalidateTags(`product:${id}`, 'products');
   * }
   * ```
   */
  async invalidateTags(...tags: string[]): Promise<void> {
    await this.engine.invalidateTags(tagKeys(tags));
  }

  private async getByOtherKey<T>(
    key: unknown,
    load: LoadFunction<T>,
    options: LoadingOptions<T>,
  ): Promise<T> {
    return this.read(keyOf(key), load, options);
  }

  private read<T>(key: string, load: LoadFunction<T>, options: LoadingOptions<T>): Promise<T> {
    if (options.force === true) return this.reload(key, load, options) as Promise<T>;
    const value = this.engine.find(key);
    if (value === undefined) return this.loadOrServeStale(key, load, options) as Promise<T>;
    const aheadMs = (options.refreshAheadSeconds ?? 0) * 1000;
    if (aheadMs > 0 && this.engine.near.remaining(key) < aheadMs) {
      return this.refresh(key, load, options, aheadMs).then(() => value as T);
    }
    return Promise.resolve(value as T);
  }

  /** Loads a key even if it has a fresh value. */
  private async reload(key: string, load: LoadFunction, options: LoadingOptions<never>): Promise<unknown> {
    const { value, isStored } = await this.waiter.join(key, load, planOf(options, this.engine.ttl));
    return isStored ? (this.engine.near.peek(key) ?? value) : value;
  }

  /** Loads a key in the background, unless a load is in flight or has just failed. */
  private async refresh(
    key: string,
    load: LoadFunction,
    options: LoadingOptions<never>,
    aheadMs: number,
  ): Promise<void> {
    const plan = planOf(options, this.engine.ttl);
    if (this.runner.isLoading(key) || this.runner.isPaused(key)) return;
    // Callers get the error only once the value has expired.
    const background = { ...withoutStale(plan), minFreshMs: aheadMs };
    void this.waiter.awaitInBackground(this.runner.join(key, load, background), background);
  }

  private async loadOrServeStale(
    key: string,
    load: LoadFunction,
    options: LoadingOptions<never>,
  ): Promise<unknown> {
    const plan = planOf(options, this.engine.ttl);
    let isHit = false;
    try {
      const stale = this.runner.isPaused(key) ? await this.waiter.serveStale(key, plan.staleMs) : undefined;
      const { value, isStored, isSharedHit } = stale ?? (await this.waiter.join(key, load, plan));
      isHit = isSharedHit;
      return isStored ? (this.engine.near.peek(key) ?? value) : value;
    } catch (error) {
      const fresh = this.engine.near.peek(key);
      if (fresh !== undefined) return fresh;
      const stale = await this.waiter.serveStale(key, plan.staleMs);
      if (stale === undefined) throw error;
      return stale.value;
    } finally {
      if (isHit) this.engine.countHit(key);
      else this.engine.countMiss(key);
    }
  }
}
