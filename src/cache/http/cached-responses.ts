import { LRUCache } from 'lru-cache';
import type { BoundedStore } from '../bounded.store.js';
import { valueOf } from '../near/cache-entry.js';
import { SealedValue } from '../near/sealed-value.js';
import type { SharedLookup } from '../far/shared-lookup.js';
import type { CachedRoute } from './cached-route.js';
import { type HttpExchange, urlOf } from './http-exchange.js';
import type { Outcome } from './in-flight-response.js';
import type { CachedResponse, VaryNote } from './cached-response.js';
import { ResponseIndex } from './response-index.js';
import type { HttpRequest, ResponseKeys } from './response-key.js';
import type { Shareable } from './response-capture.js';
import type { RouteWarnings } from './route-warnings.js';

/** Milliseconds for which no request waits for a response that turned out to be for one client alone. */
const UNSHARED_MS = 10_000;
const MAX_UNSHARED = 4096;

/** What tells later whether a response that is being made is outdated. */
export interface Moment {
  readonly clearCount: number;
  readonly changes: number;
}

/** The responses in the cache of the application, none of whose values is ever taken for one. */
export class CachedResponses {
  private readonly index: ResponseIndex;
  private readonly unshared = new LRUCache<string, true>({ max: MAX_UNSHARED, ttl: UNSHARED_MS });

  constructor(
    private readonly store: BoundedStore,
    private readonly keys: ResponseKeys,
    private readonly warnings: RouteWarnings,
  ) {
    this.index = new ResponseIndex(store);
  }

  /** Milliseconds that a response is kept of which nobody says how long. */
  get ttl(): number {
    return this.store.ttl;
  }

  get now(): Moment {
    return { clearCount: this.store.clearCount, changes: this.index.now };
  }

  /** What this process has. */
  find(route: CachedRoute, request: HttpRequest, key: string): CachedResponse | undefined {
    const found = read(key, this.store.find(key));
    if (found === undefined || !('headers' in found) || !isUsable(found, route)) return undefined;
    this.index.touch(route, key, request, found);
    return found;
  }

  /** What other processes have, in one round trip; undefined where there are none. */
  lookup(key: string): Promise<SharedLookup | undefined> | undefined {
    return this.store.lookupShared(key);
  }

  /** What they say under a key: a response, or by what the responses vary that are kept elsewhere. */
  readFrom(
    lookup: SharedLookup | undefined,
    { route, request }: HttpExchange,
    key: string,
  ): CachedResponse | VaryNote | undefined {
    const found = read(key, valueOf(lookup?.freshEntry));
    if (found === undefined || !('headers' in found)) return found;
    if (!isUsable(found, route)) return undefined;
    this.store.counts.hits++;
    this.index.touch(route, key, request, found);
    return found;
  }

  countMiss(): void {
    this.store.counts.misses++;
  }

  /** Whether the response turned out lately to be for one client alone. */
  isUnshared(key: string): boolean {
    return this.unshared.has(key);
  }

  markUnshared(key: string): void {
    this.unshared.set(key, true);
  }

  /**
   * Keeps a response, and says how the waiting requests go on.
   *
   * @param key where it was looked for; it may be kept elsewhere, because it varies by more
   * @param before what other processes had there
   * @param start when it began to be made
   */
  keep(
    exchange: HttpExchange,
    key: string,
    made: Shareable & { readonly ttl: number },
    before: SharedLookup | undefined,
    start: Moment,
  ): Outcome {
    const { route, request, headers, resource } = exchange;
    const { response, seconds, hasMutableParts, ttl } = made;
    // A ttl of 0 means no end.
    const lifetime = Math.min(ttl === 0 ? Infinity : ttl, seconds * 1000);
    if (!(lifetime > 0) || !this.isCurrent(request, start)) return 'alone';
    const place = this.keys.keyOf(resource, headers, route.names);
    if (!this.index.touch(route, place, request, response, true)) {
      this.store.counts.rejections++;
      this.warnings.warnTooLarge(route);
      return response;
    }
    this.unshared.delete(place);
    const sealed = new SealedValue(place, response);
    if (place === key) void this.store.setLoaded(key, sealed, lifetime, 0, before);
    else void this.store.set(place, sealed, lifetime);
    const first = this.keys.keyOf(resource, headers, route.scope.headers);
    if (place !== first) this.note(first, route.names, lifetime);
    return place === key && !hasMutableParts ? response : 'retry';
  }

  /** Removes what is kept for these URLs, and under these keys. */
  invalidate(urls: readonly string[], keys: readonly string[]): void {
    const all = new Set([...urls.flatMap((url) => this.index.recordChange(url)), ...keys]);
    if (all.size > 0) void this.store.deleteMany([...all]);
  }

  private isCurrent(request: HttpRequest, { clearCount, changes }: Moment): boolean {
    return this.store.clearCount === clearCount && !this.index.hasChangedSince(urlOf(request), changes);
  }

  /** For processes that do not know yet by what the responses of the route vary. */
  private note(key: string, names: readonly string[], ttl: number): void {
    const known = read(key, this.store.peek(key));
    if (known !== undefined && 'names' in known && known.names.length === names.length) return;
    void this.store.set(key, new SealedValue(key, { names } satisfies VaryNote), ttl);
  }
}

/** A text alone is of no use to what stands outside, since something there was noticed later. */
function isUsable({ text, value }: CachedResponse, { isDirect }: CachedRoute): boolean {
  return isDirect || text === undefined || value !== undefined;
}

function read(key: string, value: unknown): CachedResponse | VaryNote | undefined {
  return SealedValue.open(key, value) as CachedResponse | VaryNote | undefined;
}
