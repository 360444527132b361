/** The server did not answer in time. */
export class SharedCacheTimeout extends Error {
  readonly code = 'TIMEOUT';

  constructor(
    /** The server did not answer any other call either. */
    readonly isServerSilent: boolean,
  ) {
    super('no answer in time');
  }
}

/** A turn of the event loop in which calls are made. */
interface Turn {
  /** When its calls were sent, which is at its end; Infinity until then. */
  sentAt: number;
}

interface PendingCall {
  readonly turn: Turn;
  readonly reject: (error: SharedCacheTimeout) => void;
}

/** How much longer a call waits if the server is busy answering others. */
const EXTRA_MS = 50;

/**
 * The deadlines of calls to a server. The time in which this process itself is busy sending or reading many calls does not
 * count.
 */
export class CallDeadlines {
  private answeredAt = -Infinity;
  /** In the order in which they were made: the first one is due first. */
  private readonly pending = new Set<PendingCall>();
  private turn: Turn | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly ms: number) {}

  /** Records that the server answered a call. */
  recordAnswer(): void {
    this.answeredAt = performance.now();
  }

  /** @throws SharedCacheTimeout, or the error of the call */
  wait<T>(call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const answer = call();
      const pending = this.begin(reject);
      answer.then(
        (value) => {
          if (this.end(pending)) this.recordAnswer();
          return resolve(value);
        },
        (error: unknown) => {
          this.end(pending);
          reject(error);
        },
      );
    });
  }

  private begin(reject: PendingCall['reject']): PendingCall {
    const call = { turn: (this.turn ??= this.beginTurn()), reject };
    this.pending.add(call);
    this.timer?.ref();
    return call;
  }

  /** Returns whether the call was still pending. */
  private end(call: PendingCall): boolean {
    const wasPending = this.pending.delete(call);
    // One timer remains for later calls. It must not keep the process alive.
    if (this.pending.size === 0) this.timer?.unref();
    return wasPending;
  }

  private beginTurn(): Turn {
    const turn = { sentAt: Infinity };
    setImmediate(() => {
      turn.sentAt = performance.now();
      this.turn = undefined;
      if (this.timer === undefined && this.pending.size > 0) this.checkIn(this.ms);
    });
    return turn;
  }

  private checkIn(ms: number): void {
    // Pending replies are read before the check.
    this.timer = setTimeout(() => setImmediate(() => this.check()), ms);
  }

  private check(): void {
    this.timer = undefined;
    // One time for all: many checks take time, too.
    const now = performance.now();
    for (const call of this.pending) {
      const left = this.deadlineOf(call.turn.sentAt) - now;
      if (left > 0) {
        if (left < Infinity) this.checkIn(left);
        return;
      }
      this.pending.delete(call);
      call.reject(new SharedCacheTimeout(now - this.answeredAt >= this.ms));
    }
  }

  private deadlineOf(sentAt: number): number {
    const deadline = sentAt + this.ms;
    return Math.max(deadline, Math.min(this.answeredAt + this.ms, deadline + EXTRA_MS));
  }
}
