import { LruMap } from '../../common/lru-map.js';
import { BoundedMap } from '../near/bounded-map.js';
import type { NearCache } from '../near/near.cache.js';
import type { CachedRoute } from './cached-route.js';
import { urlOf } from './http-exchange.js';
import type { CachedResponse } from './cached-response.js';
import type { HttpRequest } from './response-key.js';

/** The maximum share of the cache for the responses of one route. */
const ROUTE_SHARE = 1 / 4;
const MAX_CHANGES = 1024;

/** The index of the responses in this process: limits the size of each route, and finds the responses of a URL. */
export class ResponseIndex {
  private readonly routes = new Map<CachedRoute, BoundedMap<string>>();
  private readonly urls = new Map<string, Set<string>>();
  /** The value of the change counter at the last change of each URL. */
  private readonly changes = new LruMap<number>(MAX_CHANGES, (_url, count) => {
    this.forgotten = Math.max(this.forgotten, count);
  });
  /** Up to this count it is unknown which URLs have changed. */
  private forgotten = 0;
  private changeCount = 0;

  constructor(private readonly near: NearCache) {}

  /**
   * Records that a response is used or stored. Other responses of its route make room for it. Returns false if it is larger
   * than the share of its route.
   */
  touch(
    route: CachedRoute,
    key: string,
    request: HttpRequest,
    response: CachedResponse,
    isNew = false,
  ): boolean {
    let keys = this.routes.get(route);
    if (keys === undefined) this.routes.set(route, (keys = this.boundedKeys()));
    if (!isNew && keys.get(key) !== undefined) return true;
    const place = urlOf(request);
    if (!keys.set(key, place, Infinity, response.bytes)) {
      this.remove(key, place);
      return false;
    }
    const others = this.urls.get(place);
    if (others === undefined) this.urls.set(place, new Set([key]));
    else others.add(key);
    return true;
  }

  /** The current value of the change counter. */
  get now(): number {
    return this.changeCount;
  }

  /** Whether a URL has changed since this count, so that earlier responses are outdated. */
  hasChangedSince(url: string, since: number): boolean {
    return (this.changes.get(url) ?? this.forgotten) > since;
  }

  /** Records a change of a URL, and returns the keys that this process knows for it. */
  recordChange(url: string): string[] {
    this.changes.set(url, ++this.changeCount);
    return [...(this.urls.get(url) ?? [])];
  }

  private boundedKeys(): BoundedMap<string> {
    const { capacity, maxBytes } = this.near;
    return new BoundedMap({
      maxEntries: Math.max(1, Math.floor(capacity * ROUTE_SHARE)),
      maxBytes: Math.max(1, Math.floor(maxBytes * ROUTE_SHARE)),
      clock: performance,
      onRemoval: (key, url) => this.remove(key, url),
    });
  }

  /** Removes a response in this process only: other processes limit their own entries. */
  private remove(key: string, url: string): void {
    this.near.delete([key]);
    const keys = this.urls.get(url);
    keys?.delete(key);
    if (keys?.size === 0) this.urls.delete(url);
  }
}
