import type { CacheEngine } from '../cache.engine.js';
import { BoundedMap } from '../near/bounded-map.js';
import { type EntryTag, valueOf } from '../near/cache-entry.js';
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

/** Milliseconds for which requests do not wait for a response that turned out to be for one client only. */
const UNSHARED_MS = 10_000;
const MAX_UNSHARED = 4096;

/** Change counters, which show later whether an in-flight response is outdated. */
export interface Moment {
  readonly clearCount: number;
  readonly changes: number;
}

/** What is known about a response before the handler runs. */
export interface ResponsePlan {
  /** The key of the lookup; the response is stored under another key if it varies by more headers. */
  readonly key: string;
  /** The lookup of that key in the shared cache. */
  readonly before: SharedLookup | undefined;
  readonly tags: readonly EntryTag[];
}

/** The responses in the application's cache. Other cached values are never mistaken for responses. */
export class ResponseStore {
  private readonly index: ResponseIndex;
  private readonly unshared = new BoundedMap<true>({
    maxEntries: MAX_UNSHARED,
    maxBytes: Infinity,
    clock: performance,
  });

  constructor(
    private readonly engine: CacheEngine,
    private readonly keys: ResponseKeys,
    private readonly warnings: RouteWarnings,
  ) {
    this.index = new ResponseIndex(engine.near);
  }

  /** Whether responses are kept and shared. */
  get isEnabled(): boolean {
    return this.engine.isEnabled;
  }

  /** The default ttl in milliseconds. */
  get ttl(): number {
    return this.engine.ttl;
  }

  get now(): Moment {
    return { clearCount: this.engine.near.clearCount, changes: this.index.now };
  }

  /** Finds a response in this process. */
  find(route: CachedRoute, request: HttpRequest, key: string): CachedResponse | undefined {
    const found = read(key, this.engine.find(key));
    if (found === undefined || !('headers' in found) || !isUsable(found, route)) return undefined;
    this.index.touch(route, key, request, found);
    return found;
  }

  /** Looks up a response in the far cache, in one round trip; undefined without a far cache. */
  lookup(key: string): Promise<SharedLookup | undefined> | undefined {
    return this.engine.lookup(key);
  }

  /** Reads the generations of the tags of a response, before the handler runs. */
  readTags(
    { ttl }: CachedRoute,
    keys: readonly string[],
  ): readonly EntryTag[] | Promise<readonly EntryTag[]> {
    return this.engine.readTags(keys, typeof ttl === 'number' ? ttl || Infinity : this.ttl);
  }

  /** Reads the result of a lookup: a response, or the headers by which the responses under other keys vary. */
  readFrom(
    lookup: SharedLookup | undefined,
    { route, request }: HttpExchange,
    key: string,
  ): CachedResponse | VaryNote | undefined {
    const found = read(key, valueOf(lookup?.freshEntry));
    if (found === undefined || !('headers' in found)) return found;
    if (!isUsable(found, route)) return undefined;
    this.engine.countHit(key);
    this.index.touch(route, key, request, found);
    return found;
  }

  countMiss({ resource, headers }: HttpExchange): void {
    this.engine.countMiss(this.keys.keyOf(resource, headers, []));
  }

  /** Whether the response has recently turned out to be for one client only. */
  isUnshared(key: string): boolean {
    return this.unshared.has(key);
  }

  markUnshared(key: string): void {
    this.unshared.set(key, true, UNSHARED_MS, 0);
  }

  /**
   * Stores a response, and returns what the waiting requests do next.
   *
   * @param start the change counters when the handler started
   */
  keep(
    exchange: HttpExchange,
    { key, before, tags }: ResponsePlan,
    made: Shareable & { readonly ttl: number },
    start: Moment,
  ): Outcome {
    const { route, request, headers, resource } = exchange;
    const { response, seconds, hasMutableParts, ttl } = made;
    // With a ttl of 0 it does not expire.
    const lifetime = Math.min(ttl === 0 ? Infinity : ttl, seconds * 1000);
    if (!(lifetime > 0) || !this.isCurrent(request, start)) return 'unshared';
    const place = this.keys.keyOf(resource, headers, route.names);
    const outcome = place === key && !hasMutableParts ? response : 'retry';
    const { near } = this.engine;
    // A tag has changed since the handler started, and a later request has stored a newer response.
    if (!near.areCurrent(tags) && near.has(place)) return outcome;
    if (!this.index.touch(route, place, request, response, true)) {
      near.counts.rejections++;
      this.warnings.warnTooLarge(route);
      return response;
    }
    this.unshared.delete(place);
    const sealed = new SealedValue(place, response);
    if (place === key) void this.engine.setLoaded(key, sealed, { fresh: lifetime, grace: 0, tags }, before);
    else void this.engine.store(place, sealed, { fresh: lifetime, grace: 0, tags });
    const first = this.keys.keyOf(resource, headers, route.scope.headers);
    if (place !== first) this.note(first, route.names, lifetime);
    return outcome;
  }

  /** Removes the responses of these URLs and keys. */
  invalidate(urls: readonly string[], keys: readonly string[]): void {
    const all = new Set([...urls.flatMap((url) => this.index.recordChange(url)), ...keys]);
    if (all.size > 0) void this.engine.delete([...all]);
  }

  private isCurrent(request: HttpRequest, { clearCount, changes }: Moment): boolean {
    return this.engine.near.clearCount === clearCount && !this.index.hasChangedSince(urlOf(request), changes);
  }

  /** Stores a note for processes that do not know yet by which headers the responses of the route vary. */
  private note(key: string, names: readonly string[], ttl: number): void {
    const known = read(key, this.engine.near.peek(key));
    if (known !== undefined && 'names' in known && known.names.length === names.length) return;
    void this.engine.set(key, new SealedValue(key, { names } satisfies VaryNote), ttl);
  }
}

/** A text alone is not enough if something outside the cache was detected later. */
function isUsable({ text, value }: CachedResponse, { isDirect }: CachedRoute): boolean {
  return isDirect || text === undefined || value !== undefined;
}

function read(key: string, value: unknown): CachedResponse | VaryNote | undefined {
  return SealedValue.open(key, value) as CachedResponse | VaryNote | undefined;
}
