import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';
import { BoundedKeys } from './bounded-keys.js';
import { clearTier } from './clear-tier.js';
import { UnsentEntries, type UnsentEntry, sendLate } from './unsent-entries.js';

/** Changes that have not reached a server. */
export interface PendingChanges {
  /** Any key may be stale there. */
  readonly isAll: boolean;
  /** Keys that may be stale there. */
  readonly keys: readonly string[];
  readonly unsent: readonly (readonly [key: string, entry: UnsentEntry])[];
}

// A script stops the server for all its clients.
const BATCH = 100;
const RETRY_MS = 1000;
const SOON_MS = 50;

/**
 * Removes possibly stale entries from the shared tier: those of keys whose write failed. A value that was set before the
 * first connection cannot have failed half-way, so it is sent instead.
 */
export class StaleKeyRepair {
  private readonly unsettled = new BoundedKeys();
  /** Keys whose removal failed: it may still reach the server, and remove what another process has written meanwhile. */
  private readonly failedRemovals = new BoundedKeys();
  private readonly unsent = new UnsentEntries();
  private isRunning = false;
  private isClearing = false;
  /** Where clearing the tier stopped, so that it can continue after the next fault. */
  private cursor: string | undefined;
  private isClosed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    /** Called with the removed keys that another process may have written, or without keys if all were removed. */
    private readonly onPurged: (keys?: readonly string[]) => void,
  ) {}

  /** Whether the tier may hold a stale entry of a key, so that it must not be read. */
  isPending(key: string): boolean {
    return this.isClearing || this.unsettled.has(key) || this.unsent.has(key);
  }

  /** The number of pending keys; Infinity for all keys. */
  get pending(): number {
    return this.unsettled.size + this.unsent.size;
  }

  /** A write of these keys failed. */
  add(keys: readonly string[]): void {
    this.unsent.delete(keys);
    this.unsettled.add(keys);
    this.runNow();
  }

  /** A removal of these keys failed. */
  addFailedRemoval(keys: readonly string[]): void {
    this.failedRemovals.add(keys);
    this.add(keys);
  }

  /** Sends an entry later, because there is no connection yet. */
  sendLater(key: string, unsent: UnsentEntry): void {
    if (!this.unsent.add(key, unsent)) this.add([key]);
    else this.unsettled.delete([key]);
  }

  addAll(): void {
    this.unsent.clear();
    this.unsettled.addAll();
    this.cursor = undefined;
    this.runNow();
  }

  /** A later write of these keys succeeded. */
  settle(keys: readonly string[]): void {
    this.unsent.delete(keys);
    this.unsettled.delete(keys);
  }

  /** Takes over what another server did not repair. */
  adopt({ isAll, keys, unsent }: PendingChanges): void {
    if (isAll) this.addAll();
    // It does not say which of them were to be removed.
    if (keys.length > 0) this.addFailedRemoval(keys);
    for (const [key, entry] of unsent) this.sendLater(key, entry);
    if (unsent.length > 0) this.runNow();
  }

  /** Removes and returns what is pending, except for the keys that stay. If all keys are pending, they stay, too. */
  release(stays: (key: string) => boolean): PendingChanges {
    const keys = this.unsettled.first(Infinity).filter((key) => !stays(key));
    const unsent = this.unsent.list().filter(([key]) => !stays(key));
    this.unsettled.delete(keys);
    this.unsent.delete(unsent.map(([key]) => key));
    return { isAll: this.isClearing || this.unsettled.isAll, keys, unsent };
  }

  /** Restarts clearing after a reconnect, because it may be another server. */
  startOver(): void {
    if (this.cursor !== undefined) this.addAll();
  }

  /** Runs soon after the server is back: it first processes commands from earlier connections. */
  resume(): void {
    this.runIn(SOON_MS);
  }

  reopen(): void {
    this.isClosed = false;
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.retry);
    this.retry = undefined;
  }

  private runIn(ms: number): void {
    clearTimeout(this.retry);
    if (this.isClosed) return;
    this.retry = setTimeout(() => void this.run(), ms).unref();
  }

  /** Runs at once, unless a run is already scheduled. */
  private runNow(): void {
    if (this.retry === undefined) void this.run();
  }

  /** Repairs as much as possible now, and schedules the rest. */
  private async run(): Promise<void> {
    this.retry = undefined;
    if (this.isRunning) return;
    this.isRunning = true;
    while (this.breaker.isUsable && this.pending > 0) {
      if (!(await this.step())) break;
    }
    this.isRunning = false;
    if (this.pending > 0) this.runIn(RETRY_MS);
    else this.failedRemovals.clear();
  }

  /** Runs one step, and returns whether to continue now. */
  private step(): Promise<boolean> {
    if (this.unsettled.isAll) return this.purgeAll();
    return this.unsettled.isEmpty ? this.sendSome() : this.purgeSome();
  }

  private async sendSome(): Promise<boolean> {
    const sent = await Promise.all(
      this.unsent.batch().map(async ([key, unsent]) => {
        const isThere = await sendLate(key, unsent, this.tier, this.breaker);
        if (isThere === undefined && !this.breaker.isUsable) return false;
        if (isThere === undefined) this.add([key]);
        else this.unsent.delete([key]);
        // Another process has written a newer entry.
        if (isThere === false) this.onPurged([key]);
        return true;
      }),
    );
    return sent.every(Boolean);
  }

  private async purgeSome(): Promise<boolean> {
    const keys = this.unsettled.first(BATCH);
    const answer = await this.breaker.run(() => this.tier.purge(keys));
    if (answer === undefined) {
      this.failedRemovals.add(keys);
      return false;
    }
    this.unsettled.delete(keys);
    const held = new Set(answer.value);
    this.onPurged(keys.filter((key) => held.has(key) || this.failedRemovals.has(key)));
    this.failedRemovals.delete(keys);
    return true;
  }

  private async purgeAll(): Promise<boolean> {
    this.isClearing = true;
    // Writes that fail from now on are repaired in the next run.
    this.unsettled.clear();
    const stop = await clearTier(this.tier, this.breaker, this.cursor);
    if (stop === undefined) this.onPurged();
    else this.unsettled.addAll();
    this.cursor = stop?.at;
    this.isClearing = false;
    return stop === undefined;
  }
}
