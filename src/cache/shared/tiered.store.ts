import type { OnApplicationShutdown, OnModuleInit } from '@nestjs/common';
import type { CacheConfig } from '../../config/cache.config.js';
import { BoundedStore, endless, rawEntry, type RawEntry } from '../bounded.store.js';
import type { SharedSnapshot } from '../cache.snapshot.js';
import { valueOf } from '../kept-value.js';
import { BoundedKeys } from './bounded-keys.js';
import { takeLock } from './fleet-lock.js';
import { Repair } from './repair.js';
import { SharedGuard } from './shared.guard.js';
import { SharedReader } from './shared-reader.js';
import type { FleetLock, SharedReading } from './shared-reading.js';
import { SharedWriter } from './shared-writer.js';
import type { SharedTier, SharedTierListener } from './shared.tier.js';

/** The cache in this process, with a tier behind it that other processes share. */
export class TieredStore
  extends BoundedStore
  implements SharedTierListener, OnModuleInit, OnApplicationShutdown
{
  private readonly guard: SharedGuard;
  private readonly repair: Repair;
  private readonly reader: SharedReader;
  private readonly writer: SharedWriter;
  /** Keys that were loaded while the tier could not be asked: of their changes nobody would tell. */
  private readonly alone = new BoundedKeys();
  private invalidations = 0;
  private isOpen = false;
  private wasReady = false;

  constructor(
    config: CacheConfig,
    private readonly tier: SharedTier,
  ) {
    super(config);
    this.guard = new SharedGuard(tier, config.timeoutMs, () => this.restored());
    this.repair = new Repair(tier, this.guard, (keys) => this.purged(keys));
    this.writer = new SharedWriter(tier, this.guard, this.repair);
    this.reader = new SharedReader(tier, this.guard, (...entry) => this.keep(...entry));
  }

  onModuleInit(): void {
    this.open();
  }

  /** The last of Nest's hooks: until HTTP has drained, requests use the cache. */
  async onApplicationShutdown(): Promise<void> {
    this.isOpen = true;
    this.guard.close();
    this.repair.close();
    await this.tier.close();
  }

  override get shared(): SharedSnapshot {
    const { state: breaker, counts } = this.guard;
    const { isUsable: isConnected } = this.guard;
    return { ...this.reader.counts, ...counts, invalidations: this.invalidations, breaker, isConnected };
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

  /** What other processes have under a key; undefined where the tier cannot be asked. What is there is kept here, too. */
  override look(key: string): Promise<SharedReading | undefined> {
    this.open();
    return this.repair.isPending(key) ? Promise.resolve(undefined) : this.reader.look(key);
  }

  override lock(key: string): Promise<FleetLock | 'taken' | undefined> {
    return takeLock(key, this.tier, this.guard);
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
    if (!this.repair.isPending(key)) {
      if (this.guard.isUsable) {
        // Again, or except for this key.
        this.repair.add([key]);
        return false;
      }
      this.alone.add([key]);
    }
    return this.keep(key, value, { fresh: endless(ttl), grace, kept: this.tier.maxAge }) !== undefined;
  }

  override setMany(list: readonly { key: string; value: unknown; ttl?: number }[]): Promise<boolean[]> {
    return Promise.all(list.map(({ key, value, ttl }) => this.set(key, value, ttl)));
  }

  override async delete(key: string): Promise<boolean> {
    return this.deleteMany([key]);
  }

  override async deleteMany(keys: readonly string[]): Promise<boolean> {
    for (const key of keys) this.change(key);
    this.drop(keys);
    await this.writer.delete(keys);
    return true;
  }

  override async clear(): Promise<void> {
    this.open();
    this.cleared();
    await this.writer.clear();
    // What was read before its turn came.
    this.cleared();
  }

  ready(): void {
    this.reader.outdate();
    // What was tracked on a connection before this one. What was set before the first is not lost.
    if (this.wasReady) this.entries.clear();
    this.wasReady = true;
    this.guard.connected();
    this.repair.startOver();
    this.restored();
  }

  failed(error: unknown): void {
    this.guard.note(error);
  }

  invalidated(key: string): void {
    this.invalidations++;
    this.entries.delete(key);
    this.reader.outdate(key);
    if (this.loads.has(key)) void this.dropOutdatedLoad(key);
  }

  cleared(): void {
    this.reader.outdate();
    this.clearHere();
  }

  private restored(): void {
    if (this.alone.isAll) this.entries.clear();
    else this.drop(this.alone.some(Infinity));
    this.alone.clear();
    this.repair.resume();
  }

  private drop(keys: readonly string[]): void {
    for (const key of keys) this.entries.delete(key);
  }

  private open(): void {
    if (!this.isOpen) this.tier.open(this);
    this.isOpen = true;
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

  private async write(
    key: string,
    value: unknown,
    fresh: number,
    grace: number,
    mark?: Buffer,
  ): Promise<boolean> {
    this.change(key);
    const entry = this.keep(key, value, { fresh, grace, kept: this.tier.maxAge });
    if (entry === undefined) {
      // Nothing to remove where a load found nothing.
      if (mark?.length !== 0) await this.delete(key);
      return false;
    }
    const { clearings } = this;
    try {
      if (!(await this.writer.set(key, valueOf(entry), fresh, grace, mark))) return await this.yieldTo(key);
    } catch (error) {
      // This process has it all the same.
      this.counts.rejections++;
      this.warnings.unshared(key, error);
      await this.writer.purge(key);
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

  /** This process changes a key. */
  private change(key: string): void {
    this.open();
    this.loads.drop(key);
    this.reader.outdate(key);
  }

  /** Somebody may have written them while this process had no word of it. */
  private purged(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.cleared();
    else this.drop(keys);
  }

  /** An entry that has merely expired says nothing about what is being loaded in its place. */
  private async dropOutdatedLoad(key: string): Promise<void> {
    const reading = await this.look(key);
    if (reading?.freshEntry !== undefined || reading?.isRemoved === true) this.loads.drop(key);
  }
}
