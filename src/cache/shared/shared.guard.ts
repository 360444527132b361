import { circuitBreaker, CircuitState, ConsecutiveBreaker, handleAll, IterableBackoff } from 'cockatiel';
import { FaultLog } from './fault-log.js';
import { Patience, SharedCacheTimeout } from './patience.js';
import type { SharedTier } from './shared.tier.js';

// After one call that was not answered the next ones would wait as long: nobody asks until a probe is answered.
const FAILURES = 1;
const PROBE_MS = [100, 200, 500, 1000];
const BEAT_MS = 1000;
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
  private heart: NodeJS.Timeout | undefined;
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
    this.log.note(error);
  }

  /** A connection was made. */
  connected(): void {
    void this.probe();
    this.heart ??= setInterval(() => void this.beat(), BEAT_MS).unref();
  }

  close(): void {
    this.isClosed = true;
    clearTimeout(this.probing);
    clearInterval(this.heart);
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

  /** Where the server should tell of changes, silence may be a connection that is cut: nobody else would notice. */
  private async beat(): Promise<void> {
    if (this.tier.maxAge === Infinity && this.patience.silence >= BEAT_MS) {
      await this.run(() => this.tier.ping());
    }
  }

  private async probe(): Promise<void> {
    if (this.isClosed || this.breaker.state !== CircuitState.Open) return;
    if (this.tier.isReady) {
      const ping = () => {
        if (++this.unanswered % RENEW_AFTER === 0) this.tier.renew();
        return this.tier.ping();
      };
      await this.breaker.execute(() => this.attempt(ping)).catch(() => undefined);
    }
    if (this.state === 'open') this.probeLater();
  }
}
