import { AsyncResource } from 'node:async_hooks';
import type { KeptResponse } from './kept-response.js';

/** After so many milliseconds without a response, one of those that wait makes it, too. */
const LEAD_MS = 5_000;
/** Nobody waits longer than this for the response of another request. */
const WAIT_MS = 10_000;

/** What one that waits does now: take a response, make it for all, make it for itself, or look again. */
export type Outcome = KeptResponse | 'lead' | 'alone' | 'again';

/** A response that is being made, and the requests that wait for it. */
export class InFlightResponse {
  private readonly waiting = new Set<(outcome: Outcome) => void>();
  private timer: NodeJS.Timeout | undefined;

  /** @param ended is called when nobody makes it any more */
  constructor(private readonly ended: () => void) {
    this.rearm();
  }

  /** Waits. `go` runs in the caller's own async context; what is returned ends the wait. */
  join(go: (outcome: Outcome) => void): () => void {
    const leave = () => {
      clearTimeout(timer);
      this.waiting.delete(proceed);
    };
    const proceed = AsyncResource.bind((outcome: Outcome) => {
      leave();
      go(outcome);
    });
    const timer = setTimeout(proceed, WAIT_MS, 'alone').unref();
    this.waiting.add(proceed);
    return leave;
  }

  /** Who made it left, or takes too long: the next one makes it. */
  elect(): void {
    const [next] = this.waiting;
    if (next === undefined) return this.end();
    this.rearm();
    next('lead');
  }

  /** All that wait go on with this. */
  settle(outcome: Outcome): void {
    this.end();
    for (const proceed of Array.from(this.waiting)) proceed(outcome);
  }

  private rearm(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.elect(), LEAD_MS).unref();
  }

  private end(): void {
    clearTimeout(this.timer);
    this.ended();
  }
}
