import { CallDeadlines } from './call-deadlines.js';

/** The first connection. All calls together wait for it no longer than one call may take. */
export class FirstConnection {
  isAwaited = true;
  private waiting: Promise<void> | undefined;
  private resolve!: () => void;
  private readonly connection = new Promise<void>((resolve) => (this.resolve = resolve));

  constructor(private readonly ms: number) {}

  /** Resolves once connected, or `ms` milliseconds after the first call. */
  wait(): Promise<void> {
    return (this.waiting ??= this.waitOnce());
  }

  /** Ends the wait: connected, or closed. */
  settle(): void {
    this.resolve();
    if (this.waiting === undefined) this.isAwaited = false;
  }

  private async waitOnce(): Promise<void> {
    await new CallDeadlines(this.ms).wait(this.connection).catch(() => undefined);
    // Deferred: a new call must not overtake the calls that have waited.
    setImmediate(() => (this.isAwaited = false));
  }
}
