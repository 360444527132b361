import { AsyncResource } from 'node:async_hooks';
import { BriefMap } from '../../common/brief-map.js';
import type { LoadTracker } from '../near/load-trackers.js';
import { isTagKey } from '../tags/tag-key.js';
import type { CachedResponse } from './cached-response.js';

/** After this many milliseconds the next waiting request becomes the leader and runs the handler as well. */
const LEAD_MS = 5_000;
/** The maximum time in milliseconds that a request waits for the response of another one. */
const WAIT_MS = 10_000;

interface Started {
  readonly url: string;
  readonly tags: readonly string[];
  readonly response: InFlightResponse;
}

/** The in-flight responses by key. */
export class InFlightResponses implements LoadTracker {
  private readonly byKey = new BriefMap<string, Started>();

  find(key: string): InFlightResponse | undefined {
    return this.byKey.get(key)?.response;
  }

  /** @param tags the keys of its tags */
  start(key: string, url: string, tags: readonly string[]): InFlightResponse {
    const response = new InFlightResponse(() => {
      if (this.find(key) === response) this.byKey.delete(key);
    });
    this.byKey.set(key, { url, tags, response });
    return response;
  }

  has(key: string): boolean {
    if (!isTagKey(key)) return this.byKey.has(key);
    return [...this.byKey.values()].some(({ tags }) => tags.includes(key));
  }

  /** Forgets the in-flight responses of a changed key or tag, or all: later requests do not wait for them. */
  drop(key?: string): void {
    if (key === undefined) this.byKey.clear();
    else if (isTagKey(key)) this.dropIf(({ tags }) => tags.includes(key));
    else this.byKey.delete(key);
  }

  /** Like `drop`, by URL. */
  dropUrls(urls: readonly string[]): void {
    this.dropIf(({ url }) => urls.includes(url));
  }

  private dropIf(isOutdated: (started: Started) => boolean): void {
    for (const [key, started] of this.byKey) if (isOutdated(started)) this.byKey.delete(key);
  }
}

/** What a waiting request does next: send a response, lead, run the handler for itself only, or look again. */
export type Outcome = CachedResponse | 'lead' | 'unshared' | 'retry';

/** An in-flight response and the requests that wait for it. */
export class InFlightResponse {
  private readonly waiting = new Set<(outcome: Outcome) => void>();
  private timer: NodeJS.Timeout | undefined;

  /** @param onEnd called when no request makes it any more */
  constructor(private readonly onEnd: () => void) {
    this.rearm();
  }

  /** Waits. `go` runs in the caller's own async context. Returns a function that ends the wait. */
  join(go: (outcome: Outcome) => void): () => void {
    const leave = () => {
      clearTimeout(timer);
      this.waiting.delete(proceed);
    };
    const proceed = AsyncResource.bind((outcome: Outcome) => {
      leave();
      go(outcome);
    });
    const timer = setTimeout(proceed, WAIT_MS, 'unshared').unref();
    this.waiting.add(proceed);
    return leave;
  }

  /** Makes the next waiting request the leader, because the leader left or takes too long. */
  elect(): void {
    const [next] = this.waiting;
    if (next === undefined) return this.end();
    this.rearm();
    next('lead');
  }

  /** Passes the outcome to all waiting requests. */
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
