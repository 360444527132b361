const { now } = Date;
const { setTimeout, performance } = globalThis;

/**
 * Milliseconds since the epoch as the process counts them from its start: no step of the machine's clock changes them.
 * They stand still while the machine sleeps. Read at most once a millisecond, since reading a clock takes longer than a
 * look into the cache. A clock that a test has put in the place of Date is read each time.
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
