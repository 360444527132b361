const { now } = Date;
const { setTimeout, performance } = globalThis;

/**
 * Milliseconds since the epoch on a monotonic clock: changes of the system clock do not affect it. It stops while the
 * machine sleeps. It is read at most once per millisecond, because reading a clock takes longer than a cache lookup. If a
 * test has replaced Date, that clock is read each time.
 */
export class CoarseClock {
  private time = 0;

  now(): number {
    if (Date.now !== now) return Date.now();
    if (this.time === 0) {
      this.time = performance.timeOrigin + performance.now();
      setTimeout(() => (this.time = 0), 1).unref();
    }
    return this.time;
  }
}
