import { setTimeout as delay } from 'node:timers/promises';

/** The start and end of a time span. */
export type Span = readonly [from: number, to: number];

const TICK_MS = 5;

/** Times when the event loop of this process was blocked, so that it could not reply in time. */
export class Stalls {
  readonly spans: Span[] = [];
  private last = performance.now();
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  stop(): void {
    this.tick();
    clearInterval(this.timer);
  }

  /** The length of a span in milliseconds, excluding stalls. */
  without(span: Span): number {
    return lengthWithout(span, this.spans);
  }

  /** The milliseconds until now, excluding stalls. */
  since(from: number): number {
    this.tick();
    return this.without([from, performance.now()]);
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

/** The length of a span in milliseconds, excluding stalls. Stalls of several processes may overlap. */
export function lengthWithout([from, to]: Span, stalls: readonly Span[]): number {
  let [rest, counted] = [to - from, from];
  for (const [began, ended] of stalls.toSorted(([a], [b]) => a - b)) {
    const [start, end] = [Math.max(counted, began), Math.min(to, ended)];
    if (end <= start) continue;
    rest -= end - start;
    counted = end;
  }
  return rest;
}

/** The duration of a call in milliseconds, excluding stalls of this process. */
export async function took(call: () => Promise<unknown>): Promise<number> {
  const stalls = new Stalls();
  const from = performance.now();
  await call();
  const to = performance.now();
  stalls.stop();
  return stalls.without([from, to]);
}

/** Waits until a condition is true, at most the given milliseconds, excluding stalls of this process. */
export async function until(isSo: () => unknown, ms = 20_000): Promise<void> {
  const stalls = new Stalls();
  const from = performance.now();
  try {
    while (!(await isSo())) {
      if (stalls.since(from) > ms) throw new Error(`it did not come about in ${ms} ms`);
      await delay(5);
    }
  } finally {
    stalls.stop();
  }
}

/** Waits the given milliseconds, excluding stalls of this process. */
export async function passed(ms: number): Promise<void> {
  const from = performance.now();
  const stalls = new Stalls();
  while (stalls.since(from) < ms) await delay(Math.min(5, ms));
  stalls.stop();
}
