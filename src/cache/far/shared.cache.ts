import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Lifetime } from '../near/bounded-entries.js';
import type { LoadTracker } from '../bounded.store.js';
import type { SharedSnapshot } from '../cache.snapshot.js';
import { BoundedKeys } from './bounded-keys.js';
import { takeLock } from './distributed-lock.js';
import { flush, warnUnsent } from './flush.js';
import { StaleKeyRepair } from './stale-key-repair.js';
import { SharedCircuitBreaker } from './circuit-breaker.js';
import { SharedReader } from './shared-reader.js';
import type { DistributedLock, SharedLookup } from './shared-lookup.js';
import type { SharedTier, SharedTierListener } from './shared.tier.js';
import { SharedWriter } from './shared-writer.js';
import { UnsupportedServerError } from './unsupported-server.error.js';

/** How long shutdown waits for unsent changes. */
const FLUSH_MS = 2000;
/** How long a connection stays open that was reopened for a call after shutdown. */
const REOPENED_MS = 1000;

/** The cache in this process, as seen by the shared cache. */
export interface LocalCache {
  loads(): LoadTracker;
  /** Stores a value and returns its entry. */
  keep(key: string, value: unknown, lifetime: Lifetime): unknown;
  drop(keys: readonly string[]): void;
  /** Drops all entries, because they may be stale. */
  dropUnverified(): void;
  /** Drops all entries, because the cache was cleared. */
  clear(): void;
}

/** Connects the cache of this process with the shared tier, and applies the changes of other processes to it. */
export class SharedCache implements SharedTierListener {
  readonly writer: SharedWriter;
  private readonly breaker: SharedCircuitBreaker;
  private readonly repair: StaleKeyRepair;
  private readonly reader: SharedReader;
  /** Keys that were loaded while the tier was unavailable: there are no invalidations for them. */
  private readonly loadedOffline = new BoundedKeys();
  private invalidations = 0;
  private isOpen = false;
  private wasClosed = false;
  /** No connection could be made for a call after shutdown. */
  private hasGivenUp = false;
  private wasReady = false;

  constructor(
    private readonly tier: SharedTier,
    timeoutMs: number,
    private readonly local: LocalCache,
  ) {
    this.breaker = new SharedCircuitBreaker(tier, timeoutMs, () => this.handleRestored());
    this.repair = new StaleKeyRepair(tier, this.breaker, (keys) => this.handlePurged(keys));
    this.writer = new SharedWriter(tier, this.breaker, this.repair);
    this.reader = new SharedReader(tier, this.breaker, local);
  }

  /** Milliseconds for which a process may store entries of the shared tier. */
  get maxAge(): number {
    return this.tier.maxAge;
  }

  get figures(): SharedSnapshot {
    const { state: breaker, isUsable: isConnected, counts } = this.breaker;
    return { ...this.reader.counts, ...counts, invalidations: this.invalidations, breaker, isConnected };
  }

  /** Connects in the background: when the application starts, and for calls after it was closed. */
  open(): void {
    if (this.isOpen || this.hasGivenUp) return;
    this.isOpen = true;
    if (this.wasClosed) void this.reopen();
    this.tier.open(this);
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
    this.local.dropUnverified();
    // By then, calls in progress have failed.
    await nextTurn();
    warnUnsent(this.repair.pending, this.hasGivenUp);
  }

  /** Looks a key up, and stores its entry in this process; undefined if the tier does not answer. */
  lookup(key: string): Promise<SharedLookup | undefined> {
    this.open();
    return this.repair.isPending(key) ? Promise.resolve(undefined) : this.reader.lookup(key);
  }

  lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return takeLock(key, this.tier, this.breaker);
  }

  /** This process changes a key, or all keys: reads that start from now on do not see the old value. */
  invalidateReads(key?: string): void {
    this.open();
    this.reader.invalidate(key);
  }

  /** Whether this process may store a value that it loaded without a lookup in the shared tier. */
  keepUnsharedIfOffline(key: string): boolean {
    // The repair will invalidate the key everywhere.
    if (this.repair.isPending(key)) return true;
    if (this.breaker.isUsable) {
      // The tier works again, or the value under this key is not an entry.
      this.repair.add([key]);
      return false;
    }
    this.loadedOffline.add([key]);
    return true;
  }

  ready(): void {
    this.dropUntracked();
    // Values set before the first connection are not lost: they are sent to the tier.
    if (this.tier.maxAge !== Infinity) this.local.dropUnverified();
    this.wasReady = true;
    this.breaker.connected();
    this.repair.startOver();
    this.handleRestored();
  }

  failed(error: unknown): void {
    this.breaker.recordFailure(error);
    // Other processes may use another server by now.
    if (error instanceof UnsupportedServerError) this.dropUntracked();
  }

  invalidated(key: string): void {
    this.invalidations++;
    this.local.drop([key]);
    this.reader.invalidate(key);
    if (this.local.loads().has(key)) void this.dropOutdatedLoad(key);
  }

  cleared(): void {
    this.reader.invalidate();
    this.local.clear();
  }

  /** Drops entries that were read on an earlier connection: their invalidations are lost. */
  private dropUntracked(): void {
    if (!this.wasReady) return;
    this.wasReady = false;
    this.reader.invalidate();
    this.local.dropUnverified();
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

  private handleRestored(): void {
    if (this.loadedOffline.isAll) this.local.dropUnverified();
    else this.local.drop(this.loadedOffline.first(Infinity));
    this.loadedOffline.clear();
    this.repair.resume();
  }

  /** Drops keys that others may have written without an invalidation for this process. */
  private handlePurged(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.cleared();
    else this.local.drop(keys);
  }

  /** Drops the load of a changed key, unless its entry has merely expired. */
  private async dropOutdatedLoad(key: string): Promise<void> {
    const found = await this.lookup(key);
    if (found?.freshEntry !== undefined || found?.isRemoved === true) this.local.loads().drop(key);
  }
}
