/**
 * The wall clock, read at most once a millisecond: reading it takes longer than a look into the cache. It goes on
 * while a machine sleeps, and tests can move it.
 */
export class CoarseClock {
  private time = 0;

  now(): number {
    if (this.time === 0) {
      this.time = Date.now();
      setTimeout(() => (this.time = 0), 1).unref();
    }
    return this.time;
  }
}
