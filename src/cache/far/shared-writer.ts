import { valueOf } from '../near/cache-entry.js';
import { UncacheableValue } from '../near/frozen-copy.js';
import type { Lifetime } from '../near/lifetime.js';
import type { NearStore } from '../near/near.store.js';
import { BoundedKeys } from './bounded-keys.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import { clearTier } from './clear-tier.js';
import { encodeEntry } from './shared-entry.js';
import type { OnConflict } from './shared-lookup.js';
import type { SharedReader } from './shared-reader.js';
import type { SharedTier } from './shared.tier.js';
import type { StaleKeyRepair } from './stale-key-repair.js';
import type { UnsentEntry } from './unsent-entries.js';

/** Writes to this process and to the shared tier, and schedules a repair for failed writes. */
export class SharedWriter {
  /** Keys that were loaded while the tier was unavailable: there are no invalidations for them. */
  private readonly loadedOffline = new BoundedKeys();

  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    private readonly repair: StaleKeyRepair,
    private readonly reader: SharedReader,
    private readonly near: NearStore,
  ) {}

  /**
   * @param mark of the stored value when a load started; without one, the value is written unconditionally. Returns false if
   * the value cannot be stored, or if the stored value was changed and removed since.
   */
  async set(
    key: string,
    value: unknown,
    lifetime: Lifetime,
    mark?: Buffer,
    onConflict: OnConflict = 'accept',
  ): Promise<boolean> {
    // No await before the value is sent: calls must be sent in the order in which they were made.
    const entry = this.keep(key, value, lifetime);
    if (entry === undefined) {
      // With an empty mark there is nothing to remove.
      if (mark?.length !== 0) await this.delete([key]);
      return false;
    }
    const { clearCount } = this.near;
    if (!(await this.share(key, valueOf(entry), lifetime, mark))) {
      if (onConflict === 'accept') return this.acceptRemoteValue(key);
      await this.delete([key]);
      return false;
    }
    if (mark === undefined || clearCount === this.near.clearCount) return true;
    // The cache was cleared during the write, which may have reached the server after that.
    this.reader.invalidate(key);
    await this.delete([key]);
    return false;
  }

  /** Stores a value in this process only. It was loaded while the tier did not answer. Returns false if it may be outdated. */
  setUnshared(key: string, value: unknown, lifetime: Lifetime): boolean {
    // If a repair is pending, it will invalidate the key everywhere.
    if (!this.repair.isPending(key)) {
      if (this.breaker.isUsable) {
        // The tier works again, or the value under this key is not an entry.
        this.repair.add([key]);
        return false;
      }
      this.loadedOffline.add([key]);
    }
    return this.keep(key, value, lifetime) !== undefined;
  }

  /** The tier is available again: others may have changed the keys that were loaded without it. */
  dropUnshared(): void {
    if (this.loadedOffline.isAll) this.near.dropAll();
    else this.near.delete(this.loadedOffline.first(Infinity));
    this.loadedOffline.clear();
  }

  /** Returns whether this process or the shared tier had one of them. */
  async delete(keys: readonly string[]): Promise<boolean> {
    const wasHere = this.near.delete(keys);
    const answer = await this.breaker.run(() => this.tier.delete(keys));
    if (answer === undefined) this.repair.addFailedRemoval(keys);
    else this.repair.settle(keys);
    return wasHere || answer?.value === true;
  }

  async clear(): Promise<void> {
    if ((await clearTier(this.tier, this.breaker)) !== undefined) this.repair.addAll();
  }

  private keep(key: string, value: unknown, lifetime: Lifetime): unknown {
    return this.near.keep(key, value, { ...lifetime, maxAge: this.tier.maxAge });
  }

  /** Sends a value to other processes. Returns false if the stored value has changed since it had this mark. */
  private async share(key: string, value: unknown, lifetime: Lifetime, mark?: Buffer): Promise<boolean> {
    let unsent: UnsentEntry;
    try {
      unsent = this.encode(key, value, lifetime);
    } catch (error) {
      // The value stays in this process.
      this.near.counts.rejections++;
      this.near.warnings.warnUnshared(key, error);
      if ((await this.breaker.run(() => this.tier.purge([key]))) === undefined)
        this.repair.addFailedRemoval([key]);
      return true;
    }
    const ttl = lifetime.fresh + lifetime.grace;
    const answer = await this.breaker.run(() => this.tier.set(key, unsent.entry, ttl, mark));
    if (answer?.value === true) this.repair.settle([key]);
    else if (answer === undefined && this.breaker.hasConnected) this.repair.add([key]);
    else if (answer === undefined) this.repair.sendLater(key, unsent);
    return answer?.value !== false;
  }

  /** Accepts the value that another process has written since the load started. */
  private async acceptRemoteValue(key: string): Promise<boolean> {
    this.near.delete([key]);
    return (await this.reader.lookup(key))?.freshEntry !== undefined;
  }

  /** @throws UncacheableValue if the value cannot be sent to other processes */
  private encode(key: string, value: unknown, { fresh, grace, tags }: Lifetime): UnsentEntry {
    const writtenAt = Date.now();
    const [freshUntil, expires] = [writtenAt + fresh, writtenAt + fresh + grace];
    let entry: Buffer;
    try {
      entry = encodeEntry(key, { value, freshUntil, expires, writtenAt, tags });
    } catch {
      throw new UncacheableValue('of a kind that cannot be sent to other processes');
    }
    if (entry.length <= this.tier.maxEntryBytes) return { entry, writtenAt, expires };
    throw new UncacheableValue('larger than the shared cache takes');
  }
}
