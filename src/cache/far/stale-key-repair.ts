import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedTier } from './shared.tier.js';
import { BoundedKeys } from './bounded-keys.js';
import { UnsentEntries, type UnsentEntry, sendLate } from './unsent-entries.js';

const BATCH = 500;
const RETRY_MS = 1000;
const SOON_MS = 50;

/**
 * Removes what may be stale from the shared tier: whatever was there when a write of it failed. What was set before
 * there was a connection cannot have failed half-way: it is sent.
 */
export class StaleKeyRepair {
  private readonly unsettled = new BoundedKeys();
  private readonly unsent = new UnsentEntries();
  private isRunning = false;
  private isClearing = false;
  /** Where emptying the tier was stopped, so that it comes to an end between two faults. */
  private cursor: string | undefined;
  private isClosed = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    /** Told of entries that were in the tier still, whoever wrote them, or that all were removed. */
    private readonly onPurged: (keys?: readonly string[]) => void,
  ) {}

  /** Whether the tier may hold something stale under a key, so that it must not be asked for it. */
  isPending(key: string): boolean {
    return this.isClearing || this.unsettled.has(key) || this.unsent.has(key);
  }

  /** How many keys wait: Infinity where it is all of them. */
  get pending(): number {
    return this.unsettled.size + this.unsent.size;
  }

  /** A write of these keys failed. */
  add(keys: readonly string[]): void {
    this.unsent.delete(keys);
    this.unsettled.add(keys);
    this.runNow();
  }

  /** There was no connection yet on which to send it. */
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

  /** A later write of these keys came through. */
  settle(keys: readonly string[]): void {
    this.unsent.delete(keys);
    this.unsettled.delete(keys);
  }

  /** There is another connection, perhaps to another server: what was emptied before counts for nothing. */
  startOver(): void {
    if (this.cursor !== undefined) this.addAll();
  }

  /** The server is back. What reached it before, on connections that are no more, it works off first. */
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

  /** At once, unless that is about to happen, or has just been tried in vain. */
  private runNow(): void {
    if (this.retry === undefined) void this.run();
  }

  /** Repairs what it can now, and goes on when it can. */
  private async run(): Promise<void> {
    this.retry = undefined;
    if (this.isRunning) return;
    this.isRunning = true;
    while (this.breaker.isUsable && this.pending > 0) {
      if (!(await this.step())) break;
    }
    this.isRunning = false;
    if (this.pending > 0) this.runIn(RETRY_MS);
  }

  /** Whether there is any use in going on now. */
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
        // Another process has something newer.
        if (isThere === false) this.onPurged([key]);
        return true;
      }),
    );
    return sent.every(Boolean);
  }

  private async purgeSome(): Promise<boolean> {
    const keys = this.unsettled.first(BATCH);
    const answer = await this.breaker.run(() => this.tier.purge(keys));
    if (answer === undefined) return false;
    this.unsettled.delete(keys);
    this.onPurged(answer.value);
    return true;
  }

  private async purgeAll(): Promise<boolean> {
    this.isClearing = true;
    // What fails from now on is for the next time.
    this.unsettled.clear();
    const stop = await clearTier(this.tier, this.breaker, this.cursor);
    if (stop === undefined) this.onPurged();
    else this.unsettled.addAll();
    this.cursor = stop?.at;
    this.isClearing = false;
    return stop === undefined;
  }
}

/** Removes all entries, each step bounded. Answers where it was stopped, undefined where it came to its end. */
export async function clearTier(
  tier: SharedTier,
  breaker: SharedCircuitBreaker,
  from?: string,
): Promise<{ readonly at: string | undefined } | undefined> {
  let at = from;
  do {
    const step = at;
    const answer = await breaker.run(() => tier.clear(step));
    if (answer === undefined) return { at };
    at = answer.value;
  } while (at !== undefined);
  return undefined;
}
