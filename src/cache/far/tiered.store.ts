import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { CacheConfig } from '../../config/index.js';
import { BoundedStore, type RawEntry, zeroAsInfinity, toRawEntry } from '../bounded.store.js';
import type { SharedSnapshot } from '../cache.snapshot.js';
import { valueOf } from '../near/cache-entry.js';
import { SharedCache } from './shared.cache.js';
import type { DistributedLock, SharedLookup } from './shared-lookup.js';
import type { SharedTier } from './shared.tier.js';

/** The cache in this process, backed by a tier that processes share. */
export class TieredStore extends BoundedStore implements OnModuleInit, OnApplicationShutdown {
  private readonly sharedCache: SharedCache;

  constructor(config: CacheConfig, tier: SharedTier) {
    super(config);
    this.sharedCache = new SharedCache(tier, config.timeoutMs, {
      loads: () => this.loads,
      keep: (...entry) => this.keep(...entry),
      drop: (keys) => this.drop(keys),
      dropUnverified: () => this.entries.clear(),
      clear: () => this.clearLocal(),
    });
  }

  /** Nest does not call this for a lazy-loaded module: there the first cache call connects. */
  onModuleInit(): void {
    this.sharedCache.open();
  }

  /** The last of Nest's hooks: requests use the cache until HTTP has drained. */
  onApplicationShutdown(): Promise<void> {
    return this.sharedCache.close();
  }

  override get shared(): SharedSnapshot {
    return this.sharedCache.figures;
  }

  override get(key: string): unknown;
  override get(key: string, options: { raw: true }): RawEntry | undefined | Promise<RawEntry | undefined>;
  override get(key: string, options?: { raw: true }): unknown {
    const found = this.find(key, options);
    return found === undefined ? this.fetch(key, options) : found;
  }

  override getMany(keys: readonly string[]): Promise<unknown[]> {
    return Promise.all(keys.map((key) => this.get(key)));
  }

  override async getStale(key: string): Promise<{ readonly value: unknown } | undefined> {
    return super.getStale(key) ?? (await this.lookupShared(key))?.stale;
  }

  override async has(key: string): Promise<boolean> {
    return super.has(key) || (await this.lookupShared(key))?.freshEntry !== undefined;
  }

  override lookupShared(key: string): Promise<SharedLookup | undefined> {
    this.sharedCache.open();
    return this.sharedCache.lookup(key);
  }

  override lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return this.sharedCache.lock(key);
  }

  override set(key: string, value: unknown, ttl: number = this.ttl, grace = 0): Promise<boolean> {
    return this.write(key, value, zeroAsInfinity(ttl), grace);
  }

  override async setLoaded(
    key: string,
    value: unknown,
    ttl: number,
    grace: number,
    before: SharedLookup | undefined,
  ): Promise<boolean> {
    if (before !== undefined) return this.write(key, value, zeroAsInfinity(ttl), grace, before.mark);
    this.invalidate(key);
    if (!this.sharedCache.keepUnsharedIfOffline(key)) return false;
    return (
      this.keep(key, value, { fresh: zeroAsInfinity(ttl), grace, maxAge: this.sharedCache.maxAge }) !==
      undefined
    );
  }

  override setMany(list: readonly { key: string; value: unknown; ttl?: number }[]): Promise<boolean[]> {
    return Promise.all(list.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  override async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  override async deleteMany(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) this.invalidate(key);
    const wasHere = keys.map((key) => this.entries.delete(key)).some(Boolean);
    return (await this.sharedCache.writer.delete(keys)) || wasHere;
  }

  override async clear(): Promise<void> {
    this.sharedCache.invalidateReads();
    this.clearLocal();
    await this.sharedCache.writer.clear();
    // Again, for values that were read before the server was cleared.
    this.sharedCache.invalidateReads();
    this.clearLocal();
  }

  private async fetch(key: string, options: { raw: true } | undefined): Promise<unknown> {
    const lookup = await this.lookupShared(key);
    // A value set in this process meanwhile is newer.
    const own = this.find(key, options);
    if (own !== undefined) return own;
    const entry = lookup?.freshEntry;
    this.counts[entry === undefined ? 'misses' : 'hits']++;
    if (entry === undefined) return undefined;
    return options === undefined ? valueOf(entry) : toRawEntry(entry, lookup!.remaining);
  }

  /** @param mark of the stored value when a load started; without one, the value is written unconditionally */
  private async write(
    key: string,
    value: unknown,
    fresh: number,
    grace: number,
    mark?: Buffer,
  ): Promise<boolean> {
    this.invalidate(key);
    const entry = this.keep(key, value, { fresh, grace, maxAge: this.sharedCache.maxAge });
    if (entry === undefined) {
      // With an empty mark there is nothing to remove.
      if (mark?.length !== 0) await this.delete(key);
      return false;
    }
    const { clearCount } = this;
    const { writer } = this.sharedCache;
    try {
      if (!(await writer.set(key, valueOf(entry), fresh, grace, mark)))
        return await this.acceptRemoteValue(key);
    } catch (error) {
      // The value stays in this process.
      this.counts.rejections++;
      this.warnings.warnUnshared(key, error);
      await writer.purge(key);
    }
    // The cache was cleared during the write, which may have reached the server after that.
    if (mark === undefined || clearCount === this.clearCount) return true;
    await this.delete(key);
    return false;
  }

  /** Accepts the value that another process has written since the load started. */
  private async acceptRemoteValue(key: string): Promise<boolean> {
    this.entries.delete(key);
    return (await this.lookupShared(key))?.freshEntry !== undefined;
  }

  private invalidate(key: string): void {
    this.sharedCache.open();
    this.loads.drop(key);
    this.sharedCache.invalidateReads(key);
  }

  private drop(keys: readonly string[]): void {
    for (const key of keys) this.entries.delete(key);
  }
}
