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

/** Checks whether a call has reached its deadline. */
type DeadlineCheck = (now: number) => void;

/** How much longer a call waits if the server is busy answering others. */
const EXTRA_MS = 50;

/**
 * The deadlines of calls to a server. The time in which this process itself is busy sending or reading many calls does not
 * count.
 */
export class CallDeadlines {
  private answeredAt = -Infinity;
  private due: DeadlineCheck[] = [];

  constructor(private readonly ms: number) {}

  /** Records that the server answered a call. */
  recordAnswer(): void {
    this.answeredAt = performance.now();
  }

  /** @throws SharedCacheTimeout, or the error of the call */
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
      // A call is sent at the end of this turn of the event loop.
      const begin = setImmediate(() => {
        since = performance.now();
        ask(this.ms);
      });
      const endWith = <R>(settle: (result: R) => void) => {
        return (result: R) => {
          isOver = true;
          clearImmediate(begin);
          clearTimeout(timer);
          settle(result);
        };
      };
      call.then(endWith(resolve), endWith(reject));
    });
  }

  /** Checks after pending replies have been read, all checks against the same time: many checks take time, too. */
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
