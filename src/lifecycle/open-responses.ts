import type { ServerResponse } from 'node:http';

/** A response that has not ended, as far as is known. */
interface Started {
  readonly response: ServerResponse;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

// Small: the garbage collector copies objects that are kept for long, which costs more than a sweep.
const MIN_SWEEP = 8;

/**
 * The responses that have not ended. A listener for the end of each would cost more than a small request may: responses
 * that have ended are removed later, many at once.
 */
export class OpenResponses {
  private list: Started[] = [];
  private sweepAt = MIN_SWEEP;

  add(response: ServerResponse): void {
    if (this.list.length >= this.sweepAt) this.sweep();
    this.list.push({ response, at: Date.now() });
  }

  get size(): number {
    this.sweep();
    return this.list.length;
  }

  *[Symbol.iterator](): Generator<Started> {
    this.sweep();
    yield* this.list;
  }

  private sweep(): void {
    // A response that is queued behind another one never closes if the connection does.
    this.list = this.list.filter(({ response }) => !response.closed && !response.req.socket.destroyed);
    this.sweepAt = Math.max(MIN_SWEEP, 2 * this.list.length);
  }
}
