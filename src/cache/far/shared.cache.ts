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

/** How long the end of the application waits for what is still to be sent. */
const FLUSH_MS = 2000;
/** How long a connection stays that was made for a call after the end. */
const REOPENED_MS = 1000;

/** The cache in this process, as far as what others do concerns it. */
export interface LocalCache {
  loads(): LoadTracker;
  /** Keeps a value, and answers with its entry. */
  keep(key: string, value: unknown, lifetime: Lifetime): unknown;
  drop(keys: readonly string[]): void;
  /** Drops all, because nobody knows whether it is still true. */
  dropUnverified(): void;
  /** Drops all, because it was removed. */
  clear(): void;
}

/** What a process shares with others, and what it does in its own cache when they change something. */
export class SharedCache implements SharedTierListener {
  readonly writer: SharedWriter;
  private readonly breaker: SharedCircuitBreaker;
  private readonly repair: StaleKeyRepair;
  private readonly reader: SharedReader;
  /** Keys that were loaded while the tier could not be asked: of their changes nobody would tell. */
  private readonly loadedOffline = new BoundedKeys();
  private invalidations = 0;
  private isOpen = false;
  private wasClosed = false;
  /** There was no connection for a call after the end. */
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

  /** Milliseconds that a process may keep what it has of others. */
  get maxAge(): number {
    return this.tier.maxAge;
  }

  get figures(): SharedSnapshot {
    const { state: breaker, isUsable: isConnected, counts } = this.breaker;
    return { ...this.reader.counts, ...counts, invalidations: this.invalidations, breaker, isConnected };
  }

  /** Connects, in the background: when the application starts, and for calls that come after it was closed. */
  open(): void {
    if (this.isOpen || this.hasGivenUp) return;
    this.isOpen = true;
    if (this.wasClosed) void this.reopen();
    this.tier.open(this);
  }

  /** Sends what is still to be sent, for a while, and says what could not be. */
  async close(waitMs = FLUSH_MS): Promise<void> {
    this.wasClosed = true;
    if (this.isOpen) await flush(this.breaker, this.repair, waitMs);
    if (!this.isOpen) return;
    this.isOpen = false;
    this.breaker.close();
    this.repair.close();
    await this.tier.close();
    // Nobody tells of changes any more.
    this.local.dropUnverified();
    // What was under way has failed by then.
    await nextTurn();
    warnUnsent(this.repair.pending, this.hasGivenUp);
  }

  /** What others have under a key; undefined where the tier cannot be asked. What is there is kept here, too. */
  lookup(key: string): Promise<SharedLookup | undefined> {
    this.open();
    return this.repair.isPending(key) ? Promise.resolve(undefined) : this.reader.lookup(key);
  }

  lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return takeLock(key, this.tier, this.breaker);
  }

  /** This process changes a key, or all: nobody who asks from now on gets what was there before. */
  invalidateReads(key?: string): void {
    this.open();
    this.reader.invalidate(key);
  }

  /** Whether this process may keep what it loaded without having asked the others. */
  keepUnsharedIfOffline(key: string): boolean {
    // The repair has others told, and this process of them.
    if (this.repair.isPending(key)) return true;
    if (this.breaker.isUsable) {
      // It can be asked again, or whatever is under this key is no entry.
      this.repair.add([key]);
      return false;
    }
    this.loadedOffline.add([key]);
    return true;
  }

  ready(): void {
    this.dropUntracked();
    // What was set before the first connection is not lost: others are sent it.
    if (this.tier.maxAge !== Infinity) this.local.dropUnverified();
    this.wasReady = true;
    this.breaker.connected();
    this.repair.startOver();
    this.handleRestored();
  }

  failed(error: unknown): void {
    this.breaker.recordFailure(error);
    // Others may have gone on with another server.
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

  /** Drops what was read on a connection that is no more: of its changes nobody told. */
  private dropUntracked(): void {
    if (!this.wasReady) return;
    this.wasReady = false;
    this.reader.invalidate();
    this.local.dropUnverified();
  }

  /** A job that ends with the application may still write when the cache is closed. */
  private async reopen(): Promise<void> {
    this.breaker.reopen(FLUSH_MS);
    this.repair.reopen();
    await this.breaker.waitForFirstConnection();
    // Calls that follow would each wait as long.
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

  /** Somebody may have written them while this process had no word of it. */
  private handlePurged(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.cleared();
    else this.local.drop(keys);
  }

  /** An entry that has merely expired says nothing about what is being loaded in its place. */
  private async dropOutdatedLoad(key: string): Promise<void> {
    const found = await this.lookup(key);
    if (found?.freshEntry !== undefined || found?.isRemoved === true) this.local.loads().drop(key);
  }
}
