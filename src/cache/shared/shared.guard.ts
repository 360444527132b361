import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll, IterableBackoff } from 'cockatiel';
import { FaultLog, reasonOf } from './fault-log.js';
import { Patience, SharedCacheTimeout } from './patience.js';
import type { SharedTier } from './shared.tier.js';

// After one call that was not answered the next ones would wait as long: nobody asks until a probe is answered.
const FAILURES = 1;
const PROBE_MS = [100, 200, 500, 1000];
/** Unanswered probes after which a connection is thought dead, however open it looks. */
const RENEW_AFTER = 3;

const STATES = {
  [CircuitState.Closed]: 'closed',
  [CircuitState.Open]: 'open',
  [CircuitState.HalfOpen]: 'half-open',
  [CircuitState.Isolated]: 'open',
} as const;

/** What the shared tier said to a call, nothing included. */
export interface Answer<T> {
  readonly value: T;
}

/** Keeps the shared tier from standing in anyone's way: bounds its calls, stops asking when it is down, and probes it. */
export class SharedGuard {
  readonly counts = { errors: 0, timeouts: 0 };

  private readonly breaker = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES),
    halfOpenAfter: new IterableBackoff(PROBE_MS),
  });
  private readonly log = new FaultLog();
  private readonly patience: Patience;
  private probing: NodeJS.Timeout | undefined;
  private unanswered = 0;
  private isClosed = false;

  constructor(
    private readonly tier: SharedTier,
    timeoutMs: number,
    restored: () => void,
  ) {
    this.patience = new Patience(timeoutMs);
    this.breaker.onBreak(() => this.probeLater());
    this.breaker.onReset(() => {
      this.unanswered = 0;
      this.log.restored();
      restored();
    });
  }

  get state(): 'closed' | 'open' | 'half-open' {
    return STATES[this.breaker.state];
  }

  get isUsable(): boolean {
    return this.tier.isReady && this.breaker.state === CircuitState.Closed && !this.isClosed;
  }

  /** What a call comes to; undefined where it cannot be made, fails or takes too long. Never throws. */
  async run<T>(call: () => Promise<T>): Promise<Answer<T> | undefined> {
    if (!this.isUsable) return undefined;
    try {
      return await this.breaker.execute(() => this.attempt(call));
    } catch {
      return undefined;
    }
  }

  /** Counts a failure outside a call, and says that there was one. */
  note(error: unknown): void {
    if (this.isClosed) return;
    if (error instanceof SharedCacheTimeout) this.counts.timeouts++;
    else this.counts.errors++;
    this.log.note(reasonOf(error));
  }

  /** A connection was made. */
  connected(): void {
    if (this.breaker.state === CircuitState.Closed) this.log.restored();
    else void this.probe();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.probing);
    this.log.close();
  }

  private async attempt<T>(call: () => Promise<T>): Promise<Answer<T> | undefined> {
    try {
      const value = await this.patience.wait(call());
      this.patience.answered();
      return { value };
    } catch (error) {
      this.note(error);
      const isRefusal = this.tier.isRefusal(error);
      if (isRefusal) this.patience.answered();
      // It answers, so the next one may ask.
      if (isRefusal || (error instanceof SharedCacheTimeout && !error.isSilence)) return undefined;
      throw error;
    }
  }

  private probeLater(): void {
    clearTimeout(this.probing);
    const wait = PROBE_MS[Math.min(this.unanswered, PROBE_MS.length - 1)]!;
    // A little more than the breaker waits, so that it lets the probe through.
    this.probing = setTimeout(() => void this.probe(), wait + 5).unref();
  }

  private async probe(): Promise<void> {
    if (this.isClosed || this.breaker.state !== CircuitState.Open) return;
    if (this.tier.isReady) {
      this.unanswered++;
      if (this.unanswered % RENEW_AFTER === 0) this.tier.renew();
      await this.breaker.execute(() => this.attempt(() => this.tier.ping())).catch(() => undefined);
    }
    if (this.state === 'open') this.probeLater();
  }
}
