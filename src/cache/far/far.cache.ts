import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { LoadTrackers } from '../near/load-trackers.js';
import type { Lifetime } from '../near/lifetime.js';
import type { NearStore } from '../near/near.store.js';
import { type BreakerOptions, SharedCircuitBreaker } from './circuit-breaker.js';
import { takeLock } from './distributed-lock.js';
import { FLUSH_MS, flush, warnUnsent } from './flush.js';
import { RemoteChanges } from './remote-changes.js';
import type { SharedCache } from './shared.cache.js';
import type { DistributedLock, OnConflict, SharedLookup } from './shared-lookup.js';
import { SharedReader } from './shared-reader.js';
import { SharedWriter } from './shared-writer.js';
import type { SharedSnapshot } from './shared.snapshot.js';
import type { SharedTier } from './shared.tier.js';
import { type PendingChanges, StaleKeyRepair } from './stale-key-repair.js';

/** How long a connection stays open that was reopened for a call after shutdown. */
const REOPENED_MS = 1000;

/** The cache that processes share on one server. */
export class FarCache implements SharedCache {
  private readonly breaker: SharedCircuitBreaker;
  private readonly repair: StaleKeyRepair;
  private readonly reader: SharedReader;
  private readonly writer: SharedWriter;
  private readonly changes: RemoteChanges;
  private isOpen = false;
  private wasClosed = false;
  /** No connection could be made for a call after shutdown. */
  private hasGivenUp = false;

  constructor(
    private readonly tier: SharedTier,
    timeoutMs: number,
    private readonly near: NearStore,
    loads: LoadTrackers,
    options?: BreakerOptions,
  ) {
    this.breaker = new SharedCircuitBreaker(tier, timeoutMs, () => this.changes.restored(), options);
    this.repair = new StaleKeyRepair(tier, this.breaker, (keys) => this.changes.purged(keys));
    this.reader = new SharedReader(tier, this.breaker, this.repair, near);
    this.writer = new SharedWriter(tier, this.breaker, this.repair, this.reader, near);
    this.changes = new RemoteChanges(tier, this.breaker, this.repair, this.reader, this.writer, near, loads);
  }

  get figures(): SharedSnapshot {
    const { state: breaker, isUsable: isConnected, counts } = this.breaker;
    const { invalidations } = this.changes;
    return { ...this.reader.counts, ...counts, invalidations, breaker, isConnected };
  }

  open(): void {
    if (this.isOpen || this.hasGivenUp) return;
    this.isOpen = true;
    if (this.wasClosed) void this.reopen();
    this.tier.open(this.changes);
  }

  async close(waitMs = FLUSH_MS): Promise<void> {
    this.wasClosed = true;
    if (this.isOpen) await flush(this.breaker, this.repair, waitMs);
    if (!this.isOpen) return;
    this.isOpen = false;
    this.breaker.close();
    this.repair.close();
    await this.tier.close();
    // There are no invalidations any more.
    this.near.dropAll();
    // By then, calls in progress have failed.
    await nextTurn();
    warnUnsent(this.repair.pending, this.hasGivenUp);
  }

  lookup(key: string): Promise<SharedLookup | undefined> {
    this.open();
    return this.reader.lookup(key);
  }

  lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return takeLock(key, this.tier, this.breaker);
  }

  set(key: string, value: unknown, lifetime: Lifetime): Promise<boolean> {
    this.invalidateReads([key]);
    return this.writer.set(key, value, lifetime);
  }

  async setLoaded(
    key: string,
    value: unknown,
    lifetime: Lifetime,
    before: SharedLookup | undefined,
    onConflict?: OnConflict,
  ): Promise<boolean> {
    this.invalidateReads([key]);
    return before === undefined
      ? this.writer.setUnshared(key, value, lifetime)
      : this.writer.set(key, value, lifetime, before.mark, onConflict);
  }

  delete(keys: readonly string[]): Promise<boolean> {
    this.invalidateReads(keys);
    return this.writer.delete(keys);
  }

  async clear(): Promise<void> {
    this.open();
    this.changes.cleared();
    await this.writer.clear();
    // Again, for values that were read before the server was cleared.
    this.changes.cleared();
  }

  /** Whether no call is in progress and everything has been sent. */
  get isFlushed(): boolean {
    return this.breaker.isIdle && this.repair.pending === 0;
  }

  /** Lookups in progress read again: of one key, or of all keys. */
  invalidateLookups(key?: string): void {
    this.reader.invalidate(key);
  }

  /** Takes over what another server did not get. */
  adopt(changes: PendingChanges): void {
    this.repair.adopt(changes);
  }

  /** Hands over what has not reached the server, except for the keys that stay. */
  release(stays: (key: string) => boolean): PendingChanges {
    return this.repair.release(stays);
  }

  /** Ends for good, because another server has taken its place. Returns what has not reached the server. */
  async retire(): Promise<PendingChanges> {
    this.isOpen = true;
    this.breaker.close();
    this.repair.close();
    await this.tier.close();
    while (!this.breaker.isIdle) await nextTurn();
    this.writer.dropUnshared();
    return this.release(() => false);
  }

  /** Reads of these keys that start from now on do not see the old values. */
  private invalidateReads(keys: readonly string[]): void {
    this.open();
    for (const key of keys) this.reader.invalidate(key);
  }

  /** Reopens the connection for jobs that still write after shutdown. */
  private async reopen(): Promise<void> {
    this.breaker.reopen(FLUSH_MS);
    this.repair.reopen();
    await this.breaker.waitForFirstConnection();
    // Otherwise each later call would wait as long.
    this.hasGivenUp = !this.breaker.hasConnected;
    if (this.hasGivenUp) return this.close(0);
    await delay(REOPENED_MS, undefined, { ref: false });
    await this.close();
  }
}
