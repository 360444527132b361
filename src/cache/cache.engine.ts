import type { OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { type CacheConfig, cacheSentence } from '../config/index.js';
import type { SharedCache } from './far/shared.cache.js';
import type { OnConflict, SharedLookup } from './far/shared-lookup.js';
import type { KeyObserver } from './key-observer.js';
import { type EntryTag, valueOf } from './near/cache-entry.js';
import type { LoadTrackers } from './near/load-trackers.js';
import type { Lifetime, Stale } from './near/lifetime.js';
import type { NearCache } from './near/near.cache.js';
import { TagGenerations } from './tags/tag-generations.js';

/** A fresh value. */
export interface Found {
  readonly value: unknown;
  /** Milliseconds for which it remains fresh; Infinity if it does not expire. */
  readonly remaining: number;
}

type MaybePromise<T> = T | Promise<T>;

/** The cache of an application: the near cache in this process and, with CACHE_URL, the far cache that processes share. */
export class CacheEngine implements OnApplicationBootstrap, OnApplicationShutdown {
  /** Describes this cache in a sentence. */
  readonly about: string;
  /** Whether anything is kept: without it, each read is a miss, and loads are not shared. */
  readonly isEnabled: boolean;
  /** The default ttl in milliseconds. */
  readonly ttl: number;
  readonly counts = { hits: 0, misses: 0, tagInvalidations: 0 };
  observer: KeyObserver | undefined;
  private readonly tags: TagGenerations;

  constructor(
    config: CacheConfig,
    readonly near: NearCache,
    /** The in-flight loads: a change of a key discards its loads. */
    readonly loads: LoadTrackers,
    readonly far: SharedCache | undefined,
  ) {
    this.about = cacheSentence(config);
    this.isEnabled = config.enabled !== false;
    this.ttl = config.ttlSeconds * 1000;
    this.tags = new TagGenerations(near, far);
  }

  /** A boot that fails earlier leaves no connection. Nest does not call this for a lazy-loaded module: the first call connects. */
  onApplicationBootstrap(): void {
    this.far?.open();
  }

  /** The last of Nest's hooks: requests use the cache until HTTP has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.far?.close();
  }

  /** A fresh value in this process, synchronously. Only hits are counted: on a miss the caller looks elsewhere. */
  find(key: string): unknown {
    const value = this.near.find(key);
    if (value !== undefined) this.countHit(key);
    return value;
  }

  countHit(key: string): void {
    this.counts.hits++;
    this.observer?.hit(key);
  }

  countMiss(key: string): void {
    this.counts.misses++;
    this.observer?.miss(key);
  }

  /** A fresh value in the far cache, after `find` found none in this process; undefined at once without a far cache. */
  fetch(key: string): Promise<Found | undefined> | undefined {
    const lookup = this.lookup(key);
    if (lookup !== undefined) return this.toFound(key, lookup);
    this.countMiss(key);
    return undefined;
  }

  /**
   * Looks a key up in the far cache, and stores its entry in this process. Undefined at once without a far cache; resolves
   * to undefined if there is no reliable answer.
   */
  lookup(key: string): Promise<SharedLookup | undefined> | undefined {
    return this.far?.lookup(key).then((found) => (found?.tags.length ? this.withCurrentTags(found) : found));
  }

  /** A stale value within its grace period. */
  async stale(key: string): Promise<Stale | undefined> {
    return this.near.stale(key) ?? (await this.lookup(key))?.stale;
  }

  async has(key: string): Promise<boolean> {
    return this.near.has(key) || (await this.lookup(key))?.freshEntry !== undefined;
  }

  /**
   * Reads the generations of tags, and creates the missing ones. Call it before the source is read: synchronous if all of
   * them are in this process.
   *
   * @param ms the milliseconds for which the entry is valid
   */
  readTags(keys: readonly string[], ms: number): MaybePromise<readonly EntryTag[]> {
    return this.isEnabled ? this.tags.read(keys, ms) : [];
  }

  /**
   * Stores a frozen copy, and returns whether it could be stored: synchronously without a far cache.
   *
   * @param ttl milliseconds; 0 or Infinity means that it does not expire
   */
  set(key: string, value: unknown, ttl: number = this.ttl): MaybePromise<boolean> {
    return this.store(key, value, { fresh: ttl === 0 ? Infinity : ttl, grace: 0 });
  }

  /** Like `set`, with a grace period and tags. */
  store(key: string, value: unknown, lifetime: Lifetime): MaybePromise<boolean> {
    this.loads.drop(key);
    if (!this.isEnabled) return false;
    return this.far === undefined
      ? this.near.keep(key, value, lifetime) !== undefined
      : this.far.set(key, value, lifetime);
  }

  /**
   * Like `set`, for a loaded value; `before` is the lookup in the far cache that preceded the load.
   *
   * @param onConflict whether to accept or to remove what another process has stored since. Default: 'accept'
   */
  setLoaded(
    key: string,
    value: unknown,
    lifetime: Lifetime,
    before: SharedLookup | undefined,
    onConflict?: OnConflict,
  ): MaybePromise<boolean> {
    this.loads.drop(key);
    if (!this.isEnabled) return false;
    return this.far === undefined
      ? this.near.keep(key, value, lifetime) !== undefined
      : this.far.setLoaded(key, value, lifetime, before, onConflict);
  }

  /** Removes keys, and returns whether one of them was there. */
  delete(keys: readonly string[]): MaybePromise<boolean> {
    for (const key of keys) this.loads.drop(key);
    return this.far === undefined ? this.near.delete(keys) : this.far.delete(keys);
  }

  /** Invalidates all entries with one of these tags: at once in this process, on return in the far cache. */
  async invalidateTags(keys: readonly string[]): Promise<void> {
    this.counts.tagInvalidations += keys.length;
    if (keys.length > 0) await this.delete(keys);
  }

  async clear(): Promise<void> {
    if (this.far !== undefined) return this.far.clear();
    this.loads.drop();
    this.near.clear();
  }

  private async toFound(key: string, lookup: Promise<SharedLookup | undefined>): Promise<Found | undefined> {
    const found = await lookup;
    // A value set in this process meanwhile is newer.
    const own = this.find(key);
    if (own !== undefined) return { value: own, remaining: this.near.remaining(key) };
    const entry = found?.freshEntry;
    if (entry === undefined) this.countMiss(key);
    else this.countHit(key);
    return entry === undefined ? undefined : { value: valueOf(entry), remaining: found!.remaining };
  }

  private async withCurrentTags(found: SharedLookup): Promise<SharedLookup> {
    return (await this.tags.areCurrent(found.tags)) ? found : found.withoutEntry();
  }
}
