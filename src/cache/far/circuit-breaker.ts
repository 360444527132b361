import { OutageLog } from './outage-log.js';
import { FirstConnection } from './first-connection.js';
import { CallDeadlines, SharedCacheTimeout } from './call-deadlines.js';
import type { SharedTier } from './shared.tier.js';

const PROBE_MS = [100, 200, 500, 1000];
const HEARTBEAT_MS = 1000;
/** Unanswered probes after which a connection is considered dead. */
const RENEW_AFTER = 3;

/** The reply to a call; its value may be undefined. */
export interface Answer<T> {
  readonly value: T;
}

/** Options of a breaker that is one of several, as in a cluster. */
export interface BreakerOptions {
  /** Where failures are logged. Default: a log of its own. */
  readonly log?: Pick<OutageLog, 'record' | 'close'>;
  /** How long calls wait for the first connection. Default: the timeout of a call. */
  readonly firstWaitMs?: number;
}

/** Sets a deadline for each call to the shared tier, opens the circuit when it does not answer, and probes it. */
export class SharedCircuitBreaker {
  readonly counts = { errors: 0, timeouts: 0 };

  /**
   * 'open': a call was not answered, so no calls are sent until a probe is answered. 'half-open': a probe is in progress.
   */
  state: 'closed' | 'open' | 'half-open' = 'closed';

  /** There has been a connection, so a call may have reached the server. */
  hasConnected = false;

  private readonly log: Pick<OutageLog, 'record' | 'close'>;
  private readonly deadlines: CallDeadlines;
  private first: FirstConnection;
  private probing: NodeJS.Timeout | undefined;
  private heartbeat: NodeJS.Timeout | undefined;
  private unanswered = 0;
  private running = 0;
  private isClosed = false;

  constructor(
    private readonly tier: SharedTier,
    timeoutMs: number,
    private readonly onRestored: () => void,
    { log, firstWaitMs = timeoutMs }: BreakerOptions = {},
  ) {
    this.log = log ?? new OutageLog(() => this.tier.isReady);
    this.deadlines = new CallDeadlines(timeoutMs);
    this.first = new FirstConnection(firstWaitMs);
  }

  get isUsable(): boolean {
    return this.tier.isReady && this.state === 'closed' && !this.isClosed;
  }

  /** Whether a call may be answered: now, or after the first connection. */
  get mayAnswer(): boolean {
    return this.first.isAwaited || this.isUsable;
  }

  /** No call is in progress. */
  get isIdle(): boolean {
    return this.running === 0;
  }

  /** Restarts after it was closed. @param waitMs how long calls wait for a connection */
  reopen(waitMs: number): void {
    this.isClosed = false;
    this.hasConnected = false;
    this.state = 'closed';
    this.unanswered = 0;
    this.first = new FirstConnection(waitMs);
  }

  /** Resolves at the first connection, or when the wait for it ends. */
  waitForFirstConnection(): Promise<void> {
    return this.first.wait();
  }

  /** Runs a call; undefined if it cannot be made, fails or times out. Never throws. */
  async run<T>(call: () => Promise<T>): Promise<Answer<T> | undefined> {
    this.running++;
    try {
      if (this.first.isAwaited) await this.first.wait();
      if (!this.isUsable) return undefined;
      const value = await this.deadlines.wait(call());
      this.deadlines.recordAnswer();
      return { value };
    } catch (error) {
      const isAnswered = this.recordFailedCall(error);
      if (!isAnswered && this.state === 'closed') this.openCircuit();
      return undefined;
    } finally {
      this.running--;
    }
  }

  /** Counts and logs a failure. */
  recordFailure(error: unknown): void {
    if (this.isClosed) return;
    if (error instanceof SharedCacheTimeout) this.counts.timeouts++;
    else this.counts.errors++;
    this.log.record(error);
  }

  /** A connection was made. */
  connected(): void {
    this.hasConnected = true;
    this.first.settle();
    void this.probe();
    this.heartbeat ??= setInterval(() => void this.sendHeartbeat(), HEARTBEAT_MS).unref();
  }

  close(): void {
    this.isClosed = true;
    this.first.settle();
    clearTimeout(this.probing);
    clearInterval(this.heartbeat);
    this.heartbeat = undefined;
    this.log.close();
  }

  /** Counts and logs a failed call, and returns whether the server answers calls at all. */
  private recordFailedCall(error: unknown): boolean {
    this.recordFailure(error);
    const isRefusal = this.tier.isRefusal(error);
    if (isRefusal) this.deadlines.recordAnswer();
    return isRefusal || (error instanceof SharedCacheTimeout && !error.isServerSilent);
  }

  private openCircuit(): void {
    this.state = 'open';
    if (this.isClosed) return;
    clearTimeout(this.probing);
    const wait = PROBE_MS[Math.min(this.unanswered, PROBE_MS.length - 1)]!;
    this.probing = setTimeout(() => void this.probe(), wait).unref();
  }

  /** With invalidations, only a heartbeat detects a lost connection, or a server that has become a replica. */
  private async sendHeartbeat(): Promise<void> {
    if (this.tier.maxAge === Infinity) await this.run(() => this.tier.ping());
  }

  private async probe(): Promise<void> {
    if (this.isClosed || this.state !== 'open') return;
    // The next connection triggers the probe.
    if (!this.tier.isReady) return;
    this.state = 'half-open';
    try {
      if (++this.unanswered % RENEW_AFTER === 0) this.tier.renew();
      await this.deadlines.wait(this.tier.ping());
      this.deadlines.recordAnswer();
    } catch (error) {
      if (!this.recordFailedCall(error)) return this.openCircuit();
    }
    this.unanswered = 0;
    this.state = 'closed';
    this.onRestored();
  }
}
