import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import { type CacheConfig, cacheSentence } from '../config/index.js';
import type { FarCache } from './far/far.cache.js';
import type { OnConflict, SharedLookup } from './far/shared-lookup.js';
import { valueOf } from './near/cache-entry.js';
import type { LoadTrackers } from './near/load-trackers.js';
import type { Lifetime, NearCache, Stale } from './near/near.cache.js';

/** A fresh value. */
export interface Found {
  readonly value: unknown;
  /** Milliseconds for which it remains fresh; Infinity if it does not expire. */
  readonly remaining: number;
}

type MaybePromise<T> = T | Promise<T>;

/** The cache of an application: the near cache in this process and, with CACHE_URL, the far cache that processes share. */
export class CacheEngine implements OnModuleInit, OnApplicationShutdown {
  /** Describes this cache in a sentence. */
  readonly about: string;
  /** Whether anything is kept: without it, each read is a miss, and loads are not shared. */
  readonly isEnabled: boolean;
  /** The default ttl in milliseconds. */
  readonly ttl: number;
  readonly counts = { hits: 0, misses: 0 };

  constructor(
    config: CacheConfig,
    readonly near: NearCache,
    /** The in-flight loads: a change of a key discards its loads. */
    readonly loads: LoadTrackers,
    readonly far: FarCache | undefined,
  ) {
    this.about = cacheSentence(config);
    this.isEnabled = config.enabled !== false;
    this.ttl = config.ttlSeconds * 1000;
  }

  /** Nest does not call this for a lazy-loaded module: there the first cache call connects. */
  onModuleInit(): void {
    this.far?.open();
  }

  /** The last of Nest's hooks: requests use the cache until HTTP has drained. */
  async onApplicationShutdown(): Promise<void> {
    await this.far?.close();
  }

  /** A fresh value in this process, synchronously. Only hits are counted: on a miss the caller looks elsewhere. */
  find(key: string): unknown {
    const value = this.near.find(key);
    if (value !== undefined) this.counts.hits++;
    return value;
  }

  /** A fresh value in the far cache, after `find` found none in this process; undefined at once without a far cache. */
  fetch(key: string): Promise<Found | undefined> | undefined {
    if (this.far !== undefined) return this.fetchFrom(this.far, key);
    this.counts.misses++;
    return undefined;
  }

  /** A stale value within its grace period. */
  async stale(key: string): Promise<Stale | undefined> {
    return this.near.stale(key) ?? (await this.far?.lookup(key))?.stale;
  }

  async has(key: string): Promise<boolean> {
    return this.near.has(key) || (await this.far?.lookup(key))?.freshEntry !== undefined;
  }

  /**
   * Stores a frozen copy, and returns whether it could be stored: synchronously without a far cache.
   *
   * @param ttl milliseconds; 0 or Infinity means that it does not expire
   */
  set(key: string, value: unknown, ttl: number = this.ttl): MaybePromise<boolean> {
    return this.store(key, value, { fresh: ttl === 0 ? Infinity : ttl, grace: 0 });
  }

  /** Like `set`, with a grace period. */
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

  async clear(): Promise<void> {
    if (this.far !== undefined) return this.far.clear();
    this.loads.drop();
    this.near.clear();
  }

  private async fetchFrom(far: FarCache, key: string): Promise<Found | undefined> {
    const lookup = await far.lookup(key);
    // A value set in this process meanwhile is newer.
    const own = this.find(key);
    if (own !== undefined) return { value: own, remaining: this.near.remaining(key) };
    const entry = lookup?.freshEntry;
    this.counts[entry === undefined ? 'misses' : 'hits']++;
    return entry === undefined ? undefined : { value: valueOf(entry), remaining: lookup!.remaining };
  }
}
