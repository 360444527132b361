import { AsyncResource } from 'node:async_hooks';
import type { LoadTracker } from '../bounded.store.js';
import type { CachedResponse } from './cached-response.js';

/** After this many milliseconds the next waiting request runs the handler as well. */
const LEAD_MS = 5_000;
/** The longest time, in milliseconds, that a request waits for the response of another one. */
const WAIT_MS = 10_000;

/** The responses that are being made, by their keys. */
export class InFlightResponses implements LoadTracker {
  private readonly byKey = new Map<string, { readonly url: string; readonly response: InFlightResponse }>();

  find(key: string): InFlightResponse | undefined {
    return this.byKey.get(key)?.response;
  }

  start(key: string, url: string): InFlightResponse {
    const response = new InFlightResponse(() => {
      if (this.find(key) === response) this.byKey.delete(key);
    });
    this.byKey.set(key, { url, response });
    return response;
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  /** A key changed, or all keys did: later requests do not wait for a response that was started before. */
  drop(key?: string): void {
    if (key === undefined) this.byKey.clear();
    else this.byKey.delete(key);
  }

  /** The same for URLs. */
  dropUrls(urls: readonly string[]): void {
    for (const [key, { url }] of this.byKey) if (urls.includes(url)) this.byKey.delete(key);
  }
}

/** What one that waits does now: take a response, make it for all, make it for itself, or look again. */
export type Outcome = CachedResponse | 'lead' | 'alone' | 'retry';

/** A response that is being made, and the requests that wait for it. */
export class InFlightResponse {
  private readonly waiting = new Set<(outcome: Outcome) => void>();
  private timer: NodeJS.Timeout | undefined;

  /** @param onEnd called when nobody makes it any more */
  constructor(private readonly onEnd: () => void) {
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

  /** The leader left or takes too long: the next waiting request becomes the leader. */
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
    this.onEnd();
  }
}
