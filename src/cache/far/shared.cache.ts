import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import type { Lifetime } from '../near/bounded-entries.js';
import type { Loads } from '../bounded.store.js';
import type { SharedSnapshot } from '../cache.snapshot.js';
import { BoundedKeys } from './bounded-keys.js';
import { takeLock } from './fleet-lock.js';
import { flush, warnUnsent } from './flush.js';
import { Repair } from './repair.js';
import { SharedGuard } from './shared.guard.js';
import { SharedReader } from './shared-reader.js';
import type { FleetLock, SharedReading } from './shared-reading.js';
import type { SharedTier, SharedTierListener } from './shared.tier.js';
import { SharedWriter } from './shared-writer.js';
import { UnsupportedServerError } from './unsupported-server.error.js';

/** How long the end of the application waits for what is still to be sent. */
const FLUSH_MS = 2000;
/** How long a connection stays that was made for a call after the end. */
const LATE_MS = 1000;

/** The cache in this process, as far as what others do concerns it. */
export interface CacheHere {
  loads(): Loads;
  /** Keeps a value, and answers with its entry. */
  keep(key: string, value: unknown, lifetime: Lifetime): unknown;
  drop(keys: readonly string[]): void;
  /** Drops all, because nobody knows whether it is still true. */
  forget(): void;
  /** Drops all, because it was removed. */
  clear(): void;
}

/** What a process shares with others, and what it does in its own cache when they change something. */
export class SharedCache implements SharedTierListener {
  readonly writer: SharedWriter;
  private readonly guard: SharedGuard;
  private readonly repair: Repair;
  private readonly reader: SharedReader;
  /** Keys that were loaded while the tier could not be asked: of their changes nobody would tell. */
  private readonly alone = new BoundedKeys();
  private invalidations = 0;
  private isOpen = false;
  private wasClosed = false;
  /** There was no connection for a call after the end. */
  private isGivenUp = false;
  private wasReady = false;

  constructor(
    private readonly tier: SharedTier,
    timeoutMs: number,
    private readonly here: CacheHere,
  ) {
    this.guard = new SharedGuard(tier, timeoutMs, () => this.restored());
    this.repair = new Repair(tier, this.guard, (keys) => this.purged(keys));
    this.writer = new SharedWriter(tier, this.guard, this.repair);
    this.reader = new SharedReader(tier, this.guard, here);
  }

  /** Milliseconds that a process may keep what it has of others. */
  get maxAge(): number {
    return this.tier.maxAge;
  }

  get figures(): SharedSnapshot {
    const { state: breaker, isUsable: isConnected, counts } = this.guard;
    return { ...this.reader.counts, ...counts, invalidations: this.invalidations, breaker, isConnected };
  }

  /** Connects, in the background: when the application starts, and for calls that come after it was closed. */
  open(): void {
    if (this.isOpen || this.isGivenUp) return;
    this.isOpen = true;
    if (this.wasClosed) void this.reopen();
    this.tier.open(this);
  }

  /** Sends what is still to be sent, for a while, and says what could not be. */
  async close(waitMs = FLUSH_MS): Promise<void> {
    this.wasClosed = true;
    if (this.isOpen) await flush(this.guard, this.repair, waitMs);
    if (!this.isOpen) return;
    this.isOpen = false;
    this.guard.close();
    this.repair.close();
    await this.tier.close();
    // Nobody tells of changes any more.
    this.here.forget();
    // What was under way has failed by then.
    await nextTurn();
    warnUnsent(this.repair.pending, this.isGivenUp);
  }

  /** What others have under a key; undefined where the tier cannot be asked. What is there is kept here, too. */
  look(key: string): Promise<SharedReading | undefined> {
    this.open();
    return this.repair.isPending(key) ? Promise.resolve(undefined) : this.reader.look(key);
  }

  lock(key: string): Promise<FleetLock | 'taken' | undefined> {
    return takeLock(key, this.tier, this.guard);
  }

  /** This process changes a key, or all: nobody who asks from now on gets what was there before. */
  outdate(key?: string): void {
    this.open();
    this.reader.outdate(key);
  }

  /** Whether this process may keep what it loaded without having asked the others. */
  keepsAlone(key: string): boolean {
    // The repair has others told, and this process of them.
    if (this.repair.isPending(key)) return true;
    if (this.guard.isUsable) {
      // It can be asked again, or whatever is under this key is no entry.
      this.repair.add([key]);
      return false;
    }
    this.alone.add([key]);
    return true;
  }

  ready(): void {
    this.forgetUntold();
    // What was set before the first connection is not lost: others are sent it.
    if (this.tier.maxAge !== Infinity) this.here.forget();
    this.wasReady = true;
    this.guard.connected();
    this.repair.startOver();
    this.restored();
  }

  failed(error: unknown): void {
    this.guard.note(error);
    // Others may have gone on with another server.
    if (error instanceof UnsupportedServerError) this.forgetUntold();
  }

  invalidated(key: string): void {
    this.invalidations++;
    this.here.drop([key]);
    this.reader.outdate(key);
    if (this.here.loads().has(key)) void this.dropOutdatedLoad(key);
  }

  cleared(): void {
    this.reader.outdate();
    this.here.clear();
  }

  /** Drops what was read on a connection that is no more: of its changes nobody told. */
  private forgetUntold(): void {
    if (!this.wasReady) return;
    this.wasReady = false;
    this.reader.outdate();
    this.here.forget();
  }

  /** A job that ends with the application may still write when the cache is closed. */
  private async reopen(): Promise<void> {
    this.guard.reopen(FLUSH_MS);
    this.repair.reopen();
    await this.guard.arrival();
    // Calls that follow would each wait as long.
    this.isGivenUp = !this.guard.hasConnected;
    if (this.isGivenUp) return this.close(0);
    await delay(LATE_MS, undefined, { ref: false });
    await this.close();
  }

  private restored(): void {
    if (this.alone.isAll) this.here.forget();
    else this.here.drop(this.alone.some(Infinity));
    this.alone.clear();
    this.repair.resume();
  }

  /** Somebody may have written them while this process had no word of it. */
  private purged(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.cleared();
    else this.here.drop(keys);
  }

  /** An entry that has merely expired says nothing about what is being loaded in its place. */
  private async dropOutdatedLoad(key: string): Promise<void> {
    const reading = await this.look(key);
    if (reading?.freshEntry !== undefined || reading?.isRemoved === true) this.here.loads().drop(key);
  }
}
