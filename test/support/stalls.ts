/** When something began and ended. */
export type Span = readonly [from: number, to: number];

const TICK_MS = 5;

/** When this process did not get to do anything: nobody can be answered in time by one who is not there. */
export class Stalls {
  private readonly spans: Span[] = [];
  private last = performance.now();
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  stop(): void {
    this.tick();
    clearInterval(this.timer);
  }

  /** Milliseconds that a span took without them. */
  without([from, to]: Span): number {
    const stalled = this.spans.map((span) => Math.min(to, span[1]) - Math.max(from, span[0]));
    return to - from - stalled.filter((ms) => ms > 0).reduce((sum, ms) => sum + ms, 0);
  }

  get longest(): number {
    return Math.max(0, ...this.spans.map(([from, to]) => to - from));
  }

  private tick(): void {
    const now = performance.now();
    if (now - this.last > TICK_MS + 3) this.spans.push([this.last + TICK_MS, now]);
    this.last = now;
  }
}

/** Milliseconds that a call takes, without what this process needed for itself. */
export async function took(call: () => Promise<unknown>): Promise<number> {
  const stalls = new Stalls();
  const from = performance.now();
  await call();
  const to = performance.now();
  stalls.stop();
  return stalls.without([from, to]);
}
