import { LRUCache } from 'lru-cache';
import type { BoundedStore } from '../bounded.store.js';
import type { CachedRoute } from './cached-route.js';
import { urlOf } from './http-exchange.js';
import type { CachedResponse } from './cached-response.js';
import type { HttpRequest } from './response-key.js';

/** The part of the cache that the responses of one route may take. */
const ROUTE_SHARE = 1 / 4;
const MAX_CHANGES = 1024;

/** What of the cache in this process belongs to responses: bounds each route, and finds what is kept for a URL. */
export class ResponseIndex {
  private readonly routes = new Map<CachedRoute, LRUCache<string, string>>();
  private readonly urls = new Map<string, Set<string>>();
  /** When URLs were changed last, by a count. */
  private readonly changes = new LRUCache<string, number>({
    max: MAX_CHANGES,
    dispose: (count, _url, reason) => {
      if (reason === 'evict') this.forgotten = Math.max(this.forgotten, count);
    },
  });
  /** Up to this count, nobody knows which URLs were changed. */
  private forgotten = 0;
  private changeCount = 0;

  constructor(private readonly store: BoundedStore) {}

  /**
   * Notes that a response is used, or kept: what its route used longest ago makes room for it. False for a response that
   * is too large for the share of its route.
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
    keys.set(key, place, { size: response.bytes });
    if (!keys.has(key)) return false;
    const others = this.urls.get(place);
    if (others === undefined) this.urls.set(place, new Set([key]));
    else others.add(key);
    return true;
  }

  /** How often URLs were changed so far. */
  get now(): number {
    return this.changeCount;
  }

  /** Whether a URL was changed after this count, so that what was made before is outdated. */
  hasChangedSince(url: string, since: number): boolean {
    return (this.changes.get(url) ?? this.forgotten) > since;
  }

  /** Notes that a URL was changed, and answers with the keys that this process knows to be kept for it. */
  recordChange(url: string): string[] {
    this.changes.set(url, ++this.changeCount);
    return [...(this.urls.get(url) ?? [])];
  }

  private boundedKeys(): LRUCache<string, string> {
    const { capacity, maxBytes } = this.store.entries;
    return new LRUCache<string, string>({
      max: Math.max(1, Math.floor(capacity * ROUTE_SHARE)),
      maxSize: Math.max(1, Math.floor(maxBytes * ROUTE_SHARE)),
      noDisposeOnSet: true,
      dispose: (url, key) => {
        // Only here: other processes bound their own.
        this.store.entries.delete(key);
        const keys = this.urls.get(url);
        keys?.delete(key);
        if (keys?.size === 0) this.urls.delete(url);
      },
    });
  }
}
