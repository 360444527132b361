import { LRUCache } from 'lru-cache';
import type { BoundedStore } from '../bounded.store.js';
import { valueOf } from '../near/kept-value.js';
import { Sealed } from '../near/sealed.js';
import type { SharedReading } from '../far/shared-reading.js';
import type { CachedRoute } from './cached-route.js';
import { type Exchange, urlOf } from './exchange.js';
import type { Outcome } from './in-flight-response.js';
import type { KeptResponse, VaryNote } from './kept-response.js';
import { ResponseIndex } from './response-index.js';
import type { HttpRequest, ResponseKeys } from './response-key.js';
import type { Shareable } from './response-making.js';
import type { RouteWarnings } from './route-warnings.js';

/** Milliseconds for which no request waits for a response that turned out to be for one client alone. */
const UNSHARED_MS = 10_000;
const MAX_UNSHARED = 4096;

/** What tells later whether a response that is being made is outdated. */
export interface Moment {
  readonly clearings: number;
  readonly changes: number;
}

/** The responses in the cache of the application, none of whose values is ever taken for one. */
export class KeptResponses {
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
    return { clearings: this.store.clearings, changes: this.index.now };
  }

  /** What this process has. */
  find(route: CachedRoute, request: HttpRequest, key: string): KeptResponse | undefined {
    const found = read(key, this.store.find(key));
    if (found === undefined || !('headers' in found) || !isUsable(found, route)) return undefined;
    this.index.use(route, key, request, found);
    return found;
  }

  /** What other processes have, in one round trip; undefined where there are none. */
  look(key: string): Promise<SharedReading | undefined> | undefined {
    return this.store.look(key);
  }

  /** What they say under a key: a response, or by what the responses vary that are kept elsewhere. */
  readFrom(
    reading: SharedReading | undefined,
    { route, request }: Exchange,
    key: string,
  ): KeptResponse | VaryNote | undefined {
    const found = read(key, valueOf(reading?.freshEntry));
    if (found === undefined || !('headers' in found)) return found;
    if (!isUsable(found, route)) return undefined;
    this.store.counts.hits++;
    this.index.use(route, key, request, found);
    return found;
  }

  missed(): void {
    this.store.counts.misses++;
  }

  /** Whether the response turned out lately to be for one client alone. */
  isUnshared(key: string): boolean {
    return this.unshared.has(key);
  }

  refuse(key: string): void {
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
    exchange: Exchange,
    key: string,
    made: Shareable & { readonly ttl: number },
    before: SharedReading | undefined,
    start: Moment,
  ): Outcome {
    const { route, request, headers, resource } = exchange;
    const { response, seconds, isThawed, ttl } = made;
    // A ttl of 0 means no end.
    const lifetime = Math.min(ttl === 0 ? Infinity : ttl, seconds * 1000);
    if (!(lifetime > 0) || !this.isCurrent(request, start)) return 'alone';
    const place = this.keys.keyOf(resource, headers, route.names);
    if (!this.index.use(route, place, request, response, true)) {
      this.store.counts.rejections++;
      this.warnings.tooLarge(route);
      return response;
    }
    this.unshared.delete(place);
    const sealed = new Sealed(place, response);
    if (place === key) void this.store.fill(key, sealed, lifetime, 0, before);
    else void this.store.set(place, sealed, lifetime);
    const first = this.keys.keyOf(resource, headers, route.scope.headers);
    if (place !== first) this.note(first, route.names, lifetime);
    return place === key && !isThawed ? response : 'again';
  }

  /** Removes what is kept for these URLs, and under these keys. */
  invalidate(urls: readonly string[], keys: readonly string[]): void {
    const all = new Set([...urls.flatMap((url) => this.index.change(url)), ...keys]);
    if (all.size > 0) void this.store.deleteMany([...all]);
  }

  private isCurrent(request: HttpRequest, { clearings, changes }: Moment): boolean {
    return this.store.clearings === clearings && !this.index.wasChanged(urlOf(request), changes);
  }

  /** For processes that do not know yet by what the responses of the route vary. */
  private note(key: string, names: readonly string[], ttl: number): void {
    const known = read(key, this.store.peek(key));
    if (known !== undefined && 'names' in known && known.names.length === names.length) return;
    void this.store.set(key, new Sealed(key, { names } satisfies VaryNote), ttl);
  }
}

/** A text alone is of no use to what stands outside, since something there was noticed later. */
function isUsable({ text, value }: KeptResponse, { isDirect }: CachedRoute): boolean {
  return isDirect || text === undefined || value !== undefined;
}

function read(key: string, value: unknown): KeptResponse | VaryNote | undefined {
  return Sealed.open(key, value) as KeptResponse | VaryNote | undefined;
}
