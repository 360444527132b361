import { type CacheConfig, cacheSentence } from '../config/index.js';
import { BoundedEntries, type Lifetime } from './near/bounded-entries.js';
import type { SharedSnapshot } from './cache.snapshot.js';
import { CacheWarnings } from './cache-warnings.js';
import { FrozenCopy } from './near/frozen-copy.js';
import { valueOf } from './near/cache-entry.js';
import type { DistributedLock, SharedLookup } from './far/shared-lookup.js';

/** An entry with its expiry, as cache-manager reads it for `wrap` and `ttl`. */
export interface RawEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; absent if the entry does not expire. */
  readonly expires?: number;
}

/** The in-flight loads of one component. */
export interface LoadTracker {
  has(key: string): boolean;
  /** Discards the result of a load, or of all loads without a key. */
  drop(key?: string): void;
}

/** The in-flight loads of all components. */
class LoadTrackers implements LoadTracker {
  private readonly parts: LoadTracker[] = [];

  add(part: LoadTracker): void {
    this.parts.push(part);
  }

  has(key: string): boolean {
    return this.parts.some((part) => part.has(key));
  }

  drop(key?: string): void {
    for (const part of this.parts) part.drop(key);
  }
}

type MaybePromise<T> = T | Promise<T>;

/** The cache in this process. It answers synchronously if it can, and with a promise otherwise. */
export class BoundedStore {
  /** Describes this cache in a sentence. */
  readonly about: string;
  readonly counts = { hits: 0, misses: 0, rejections: 0 };
  readonly entries: BoundedEntries;
  /** The default ttl in milliseconds. */
  readonly ttl: number;
  /** How often the cache was cleared. */
  clearCount = 0;
  /** The in-flight loads: setting or removing a key discards its loads. */
  readonly loads = new LoadTrackers();

  readonly warnings = new CacheWarnings();

  constructor(config: CacheConfig) {
    const { ttlSeconds, maxEntries, maxBytes } = config;
    this.about = cacheSentence(config);
    this.ttl = ttlSeconds * 1000;
    this.entries = new BoundedEntries(maxEntries, maxBytes);
  }

  get(key: string): unknown;
  get(key: string, options: { raw: true }): MaybePromise<RawEntry | undefined>;
  get(key: string, options?: { raw: true }): unknown {
    const found = this.find(key, options);
    if (found === undefined) this.counts.misses++;
    return found;
  }

  /** A fresh value in this process. Only hits are counted: on a miss the caller looks elsewhere. */
  find(key: string, options?: { raw: true }): unknown {
    const entry = this.entries.find(key);
    if (entry === undefined) return undefined;
    this.counts.hits++;
    return options === undefined ? valueOf(entry) : toRawEntry(entry, this.entries.remaining(key));
  }

  /** A fresh value in this process, without marking it as recently used. */
  peek(key: string): unknown {
    return valueOf(this.entries.peek(key));
  }

  /** A stale value within its grace period. */
  getStale(key: string): MaybePromise<{ readonly value: unknown } | undefined> {
    const entry = this.entries.peekStale(key);
    return entry === undefined ? undefined : { value: valueOf(entry) };
  }

  /** Looks a key up in the shared cache; undefined if there is none, as here. */
  lookupShared(_key: string): Promise<SharedLookup | undefined> | undefined {
    return undefined;
  }

  /** Locks a key in the whole fleet; undefined without a shared cache, as here. */
  lock(_key: string): Promise<DistributedLock | 'taken' | undefined> | undefined {
    return undefined;
  }

  getMany(keys: readonly string[]): MaybePromise<unknown[]> {
    return keys.map((key) => this.get(key));
  }

  has(key: string): MaybePromise<boolean> {
    return this.entries.peek(key) !== undefined;
  }

  /**
   * Stores a frozen copy for `ttl` milliseconds; 0 means that it does not expire. For another `grace` milliseconds
   * `getStale` finds it. A value that cannot be copied or does not fit is counted as a rejection, and the previous value of
   * the key is removed.
   */
  set(key: string, value: unknown, ttl: number = this.ttl, grace = 0): MaybePromise<boolean> {
    this.loads.drop(key);
    return this.keep(key, value, { fresh: zeroAsInfinity(ttl), grace, maxAge: Infinity }) !== undefined;
  }

  /** Like `set`, for a loaded value; `before` is the lookup that preceded the load. */
  setLoaded(
    key: string,
    value: unknown,
    ttl: number,
    grace: number,
    _before: SharedLookup | undefined,
  ): MaybePromise<boolean> {
    return this.set(key, value, ttl, grace);
  }

  setMany(list: readonly { key: string; value: unknown; ttl?: number }[]): MaybePromise<boolean[]> {
    return list.map(({ key, value, ttl }) => this.set(key, value, ttl) as boolean);
  }

  delete(key: string): MaybePromise<boolean> {
    this.loads.drop(key);
    return this.entries.delete(key);
  }

  deleteMany(keys: readonly string[]): MaybePromise<boolean> {
    return keys.map((key) => this.delete(key)).some(Boolean);
  }

  clear(): MaybePromise<void> {
    this.clearLocal();
  }

  /** Keeps the entries: requests that are still in progress when Nest disconnects its stores need them. */
  disconnect(): void {
    this.entries.stop();
  }

  /** Keys and values in this process, most recently used first. Listing does not mark them as used. */
  async *iterator(): AsyncGenerator<[string, unknown]> {
    for (const [key, entry] of this.entries) yield [key, valueOf(entry)];
  }

  /** Figures of the shared cache. */
  get shared(): SharedSnapshot | undefined {
    return undefined;
  }

  protected clearLocal(): void {
    this.clearCount++;
    this.loads.drop();
    this.entries.clear();
  }

  /** Stores a value and returns its entry; undefined if it cannot be stored. */
  protected keep(key: string, value: unknown, lifetime: Lifetime): unknown {
    try {
      // A value with a negative ttl or NaN could never be served.
      if (value !== undefined && lifetime.fresh + lifetime.grace >= 0) {
        const copy = new FrozenCopy(value, this.entries.maxValueBytes(key));
        const entry = this.entries.keep(key, copy, lifetime);
        if (copy.flattenedClass !== undefined) this.warnings.warnFlattened(copy.flattenedClass);
        return entry;
      }
    } catch (error) {
      this.counts.rejections++;
      this.warnings.warnRejected(key, error);
    }
    this.entries.delete(key);
    return undefined;
  }
}

/** In cache-manager a ttl of 0 means that the entry does not expire. */
export function zeroAsInfinity(ttl: number): number {
  return ttl === 0 ? Infinity : ttl;
}

export function toRawEntry(entry: unknown, remaining: number): RawEntry {
  const value = valueOf(entry);
  return remaining === Infinity ? { value } : { value, expires: Date.now() + remaining };
}
