import { CallDeadlines } from './call-deadlines.js';

/** The first connection. Calls wait for it, all of them together for no longer than one call may take. */
export class FirstConnection {
  isAwaited = true;
  private waiting: Promise<void> | undefined;
  private resolve!: () => void;
  private readonly connection = new Promise<void>((resolve) => (this.resolve = resolve));

  constructor(private readonly ms: number) {}

  /** Resolves when there is a connection, or `ms` milliseconds after the first call. */
  wait(): Promise<void> {
    return (this.waiting ??= this.waitOnce());
  }

  /** There is a connection, or there will be none. */
  settle(): void {
    this.resolve();
    if (this.waiting === undefined) this.isAwaited = false;
  }

  private async waitOnce(): Promise<void> {
    await new CallDeadlines(this.ms).wait(this.connection).catch(() => undefined);
    // Calls that come before those which wait have gone on would overtake them.
    setImmediate(() => (this.isAwaited = false));
  }
}
