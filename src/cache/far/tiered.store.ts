import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { CacheConfig } from '../../config/index.js';
import { BoundedStore, type RawEntry, endless, rawEntry } from '../bounded.store.js';
import type { SharedSnapshot } from '../cache.snapshot.js';
import { valueOf } from '../near/kept-value.js';
import { SharedCache } from './shared.cache.js';
import type { FleetLock, SharedReading } from './shared-reading.js';
import type { SharedTier } from './shared.tier.js';

/** The cache in this process, with a tier behind it that other processes share. */
export class TieredStore extends BoundedStore implements OnModuleInit, OnApplicationShutdown {
  private readonly fleet: SharedCache;

  constructor(config: CacheConfig, tier: SharedTier) {
    super(config);
    this.fleet = new SharedCache(tier, config.timeoutMs, {
      loads: () => this.loads,
      keep: (...entry) => this.keep(...entry),
      drop: (keys) => this.drop(keys),
      forget: () => this.entries.clear(),
      clear: () => this.clearHere(),
    });
  }

  /** Nest does not call it for a module that is loaded lazily: there the first call connects. */
  onModuleInit(): void {
    this.fleet.open();
  }

  /** The last of Nest's hooks: until HTTP has drained, requests use the cache. */
  onApplicationShutdown(): Promise<void> {
    return this.fleet.close();
  }

  override get shared(): SharedSnapshot {
    return this.fleet.figures;
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
    return super.getStale(key) ?? (await this.look(key))?.stale;
  }

  override async has(key: string): Promise<boolean> {
    return super.has(key) || (await this.look(key))?.freshEntry !== undefined;
  }

  override look(key: string): Promise<SharedReading | undefined> {
    this.fleet.open();
    return this.fleet.look(key);
  }

  override lock(key: string): Promise<FleetLock | 'taken' | undefined> {
    return this.fleet.lock(key);
  }

  override set(key: string, value: unknown, ttl: number = this.ttl, grace = 0): Promise<boolean> {
    return this.write(key, value, endless(ttl), grace);
  }

  override async fill(
    key: string,
    value: unknown,
    ttl: number,
    grace: number,
    before: SharedReading | undefined,
  ): Promise<boolean> {
    if (before !== undefined) return this.write(key, value, endless(ttl), grace, before.mark);
    this.change(key);
    if (!this.fleet.keepsAlone(key)) return false;
    return this.keep(key, value, { fresh: endless(ttl), grace, kept: this.fleet.maxAge }) !== undefined;
  }

  override setMany(list: readonly { key: string; value: unknown; ttl?: number }[]): Promise<boolean[]> {
    return Promise.all(list.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  override async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  override async deleteMany(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) this.change(key);
    const wasHere = keys.map((key) => this.entries.delete(key)).some(Boolean);
    return (await this.fleet.writer.delete(keys)) || wasHere;
  }

  override async clear(): Promise<void> {
    this.fleet.outdate();
    this.clearHere();
    await this.fleet.writer.clear();
    // What was read before its turn came.
    this.fleet.outdate();
    this.clearHere();
  }

  private async fetch(key: string, options: { raw: true } | undefined): Promise<unknown> {
    const reading = await this.look(key);
    // What was set here meanwhile is newer.
    const own = this.find(key, options);
    if (own !== undefined) return own;
    const entry = reading?.freshEntry;
    this.counts[entry === undefined ? 'misses' : 'hits']++;
    if (entry === undefined) return undefined;
    return options === undefined ? valueOf(entry) : rawEntry(entry, reading!.remaining);
  }

  /** @param mark of what was there when a load began; without one, it is written whatever is there */
  private async write(
    key: string,
    value: unknown,
    fresh: number,
    grace: number,
    mark?: Buffer,
  ): Promise<boolean> {
    this.change(key);
    const entry = this.keep(key, value, { fresh, grace, kept: this.fleet.maxAge });
    if (entry === undefined) {
      // Nothing to remove where a load found nothing.
      if (mark?.length !== 0) await this.delete(key);
      return false;
    }
    const { clearings } = this;
    const { writer } = this.fleet;
    try {
      if (!(await writer.set(key, valueOf(entry), fresh, grace, mark))) return await this.yieldTo(key);
    } catch (error) {
      // This process has it all the same.
      this.counts.rejections++;
      this.warnings.unshared(key, error);
      await writer.purge(key);
    }
    // All was removed while a load was on its way, which may have come there after that.
    if (mark === undefined || clearings === this.clearings) return true;
    await this.delete(key);
    return false;
  }

  /** Another process has changed it since the load began. */
  private async yieldTo(key: string): Promise<boolean> {
    this.entries.delete(key);
    return (await this.look(key))?.freshEntry !== undefined;
  }

  private change(key: string): void {
    this.fleet.open();
    this.loads.drop(key);
    this.fleet.outdate(key);
  }

  private drop(keys: readonly string[]): void {
    for (const key of keys) this.entries.delete(key);
  }
}
