const { now } = Date;
const { setTimeout } = globalThis;

/**
 * The wall clock, read at most once a millisecond: reading it takes longer than a look into the cache. It goes on
 * while a machine sleeps. A clock that a test has put in its place is read each time.
 */
export class CoarseClock {
  private time = 0;

  now(): number {
    if (Date.now !== now) return Date.now();
    if (this.time === 0) {
      this.time = now();
      setTimeout(() => (this.time = 0), 1).unref();
    }
    return this.time;
  }
}
