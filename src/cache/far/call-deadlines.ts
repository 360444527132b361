/** The server did not answer in time. */
export class SharedCacheTimeout extends Error {
  readonly code = 'TIMEOUT';

  constructor(
    /** It answered nobody else either. */
    readonly isServerSilent: boolean,
  ) {
    super('no answer in time');
  }
}

/** Says at a moment whether a call has waited long enough. */
type DeadlineCheck = (now: number) => void;

/** How much longer a call waits where the server is busy answering others. */
const EXTRA_MS = 50;

/**
 * How long callers wait for a server. The time in which this process itself is busy, sending or reading a crowd of
 * calls, is not held against the server.
 */
export class CallDeadlines {
  private answeredAt = -Infinity;
  private due: DeadlineCheck[] = [];

  constructor(private readonly ms: number) {}

  /** The server answered somebody. */
  recordAnswer(): void {
    this.answeredAt = performance.now();
  }

  /** @throws SharedCacheTimeout, or what the call throws */
  wait<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      let isOver = false;
      let timer: NodeJS.Timeout | undefined;
      let since = 0;
      const check: DeadlineCheck = (now) => {
        if (isOver) return;
        const until = Math.min(this.answeredAt + this.ms, since + this.ms + EXTRA_MS);
        if (until > now) ask(until - now);
        else reject(new SharedCacheTimeout(now - this.answeredAt >= this.ms));
      };
      const ask = (ms: number) => (timer = setTimeout(() => this.checkAfterPendingReads(check), ms));
      // What is sent in this turn of the loop leaves at its end.
      const begin = setImmediate(() => {
        since = performance.now();
        ask(this.ms);
      });
      call.then(resolve, reject).finally(() => {
        isOver = true;
        clearImmediate(begin);
        clearTimeout(timer);
      });
    });
  }

  /** Judges once what has arrived meanwhile is read, and all by the same moment: judging a crowd takes its time, too. */
  private checkAfterPendingReads(check: DeadlineCheck): void {
    this.due.push(check);
    if (this.due.length > 1) return;
    setImmediate(() => {
      const [now, due] = [performance.now(), this.due];
      this.due = [];
      for (const each of due) each(now);
    });
  }
}
