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
  /** Milliseconds since the epoch; absent where the entry does not expire. */
  readonly expires?: number;
}

/** Loads that are under way. */
export interface LoadTracker {
  has(key: string): boolean;
  /** Keeps nothing of a load, or of all where no key is named. */
  drop(key?: string): void;
}

/** Those of every part that loads values, or has them made. */
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

/** The cache in this process. It answers at once where it can, instead of with a promise. */
export class BoundedStore {
  /** What this cache is, in a sentence. */
  readonly about: string;
  readonly counts = { hits: 0, misses: 0, rejections: 0 };
  readonly entries: BoundedEntries;
  /** Milliseconds an entry lives that is set without a ttl of its own. */
  readonly ttl: number;
  /** How often everything was removed. */
  clearCount = 0;
  /** What is being loaded, which is outdated once its key is set or removed. */
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

  /** A fresh value in this process. Only a hit is counted: who finds none looks elsewhere. */
  find(key: string, options?: { raw: true }): unknown {
    const entry = this.entries.find(key);
    if (entry === undefined) return undefined;
    this.counts.hits++;
    return options === undefined ? valueOf(entry) : toRawEntry(entry, this.entries.remaining(key));
  }

  /** A fresh value in this process; looking at it counts as no use. */
  peek(key: string): unknown {
    return valueOf(this.entries.peek(key));
  }

  /** A value that is past its time, in its grace. */
  getStale(key: string): MaybePromise<{ readonly value: unknown } | undefined> {
    const entry = this.entries.peekStale(key);
    return entry === undefined ? undefined : { value: valueOf(entry) };
  }

  /** What other processes have under a key. There is nothing to look into here. */
  lookupShared(_key: string): Promise<SharedLookup | undefined> | undefined {
    return undefined;
  }

  /** A lock on a key that holds for the whole fleet. This process is alone. */
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
   * Keeps a frozen copy for `ttl` milliseconds, 0 for no end. A value that cannot be copied or does not fit is
   * counted and not kept, nor is the one it would have replaced. For `grace` milliseconds more `getStale` finds it.
   */
  set(key: string, value: unknown, ttl: number = this.ttl, grace = 0): MaybePromise<boolean> {
    this.loads.drop(key);
    return this.keep(key, value, { fresh: zeroAsInfinity(ttl), grace, maxAge: Infinity }) !== undefined;
  }

  /** The same for what was loaded because `before` was all that there was. */
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

  /** Entries stay: requests that are still being answered when Nest disconnects its stores need them. */
  disconnect(): void {
    this.entries.stop();
  }

  /** Keys and values in this process, the most recently used first. Listing them counts as no use. */
  async *iterator(): AsyncGenerator<[string, unknown]> {
    for (const [key, entry] of this.entries) yield [key, valueOf(entry)];
  }

  /** Figures of what is shared with other processes. */
  get shared(): SharedSnapshot | undefined {
    return undefined;
  }

  protected clearLocal(): void {
    this.clearCount++;
    this.loads.drop();
    this.entries.clear();
  }

  /** The entry that was made of a value, or undefined where it cannot be kept. */
  protected keep(key: string, value: unknown, lifetime: Lifetime): unknown {
    try {
      // A ttl below 0, or NaN, names no time at which the value could be served.
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

/** cache-manager says 0 where it means no end. */
export function zeroAsInfinity(ttl: number): number {
  return ttl === 0 ? Infinity : ttl;
}

export function toRawEntry(entry: unknown, remaining: number): RawEntry {
  const value = valueOf(entry);
  return remaining === Infinity ? { value } : { value, expires: Date.now() + remaining };
}
