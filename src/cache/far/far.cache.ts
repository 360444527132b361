import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { LoadTrackers } from '../near/load-trackers.js';
import type { Lifetime } from '../near/lifetime.js';
import type { NearCache } from '../near/near.cache.js';
import { SharedCircuitBreaker } from './circuit-breaker.js';
import { takeLock } from './distributed-lock.js';
import { flush, warnUnsent } from './flush.js';
import { RemoteChanges } from './remote-changes.js';
import type { DistributedLock, OnConflict, SharedLookup } from './shared-lookup.js';
import { SharedReader } from './shared-reader.js';
import { SharedWriter } from './shared-writer.js';
import type { SharedTier } from './shared.tier.js';
import { StaleKeyRepair } from './stale-key-repair.js';

/** How long shutdown waits for unsent changes. */
const FLUSH_MS = 2000;
/** How long a connection stays open that was reopened for a call after shutdown. */
const REOPENED_MS = 1000;

/** Figures of the shared cache. */
export interface SharedSnapshot {
  /** Lookups that found a fresh entry. */
  readonly hits: number;
  /** Lookups that found no fresh entry. */
  readonly misses: number;
  /** Calls that took longer than CACHE_TIMEOUT_MS. */
  readonly timeouts: number;
  /** Calls that failed for another reason, and failed connection attempts. */
  readonly errors: number;
  /** Entries that could not be decoded. */
  readonly corrupt: number;
  /** Invalidations received from the server. */
  readonly invalidations: number;
  /** The state of the circuit breaker. 'open': the server did not answer, so no calls are sent to it. */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Whether the server is connected and answers. */
  readonly isConnected: boolean;
}

/** The cache that processes share. It keeps the near cache of this process in line with it. */
export class FarCache {
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
    private readonly near: NearCache,
    loads: LoadTrackers,
  ) {
    this.breaker = new SharedCircuitBreaker(tier, timeoutMs, () => this.changes.restored());
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

  /** Connects in the background: when the application starts, and for calls after it was closed. */
  open(): void {
    if (this.isOpen || this.hasGivenUp) return;
    this.isOpen = true;
    if (this.wasClosed) void this.reopen();
    this.tier.open(this.changes);
  }

  /** Waits up to `waitMs` for unsent changes, and logs how many remain. */
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

  /** Looks a key up, and stores its entry in this process; undefined if there is no reliable answer. */
  lookup(key: string): Promise<SharedLookup | undefined> {
    this.open();
    return this.reader.lookup(key);
  }

  /** Locks a key in the whole fleet. Returns 'taken' if another process has it, undefined if the server does not answer. */
  lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return takeLock(key, this.tier, this.breaker);
  }

  /** Stores a value in this process and on the server. Returns false if it cannot be stored. */
  set(key: string, value: unknown, lifetime: Lifetime): Promise<boolean> {
    this.invalidateReads([key]);
    return this.writer.set(key, value, lifetime);
  }

  /** Like `set`, for a loaded value: false, too, if the key has changed since the lookup `before` the load. */
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

  /** Removes keys, and returns whether this process or the server had one of them. */
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
