import type { CustomDecorator } from '@nestjs/common';
import { ConfigDefinitionError } from '../../config/index.js';

const MARK = 'production-config:cache-mark';

/** Options of `@CachePublic()`. */
export interface CachePublicOptions {
  /** Seconds for which browsers may store a successful response. Default: `Cache-Control` is not sent. */
  readonly maxAge?: number;
  /** Seconds for which shared caches, such as a CDN, may store it. */
  readonly sMaxAge?: number;
  /** Seconds for which a stale response may be used while a new one is fetched (RFC 5861, 3). */
  readonly staleWhileRevalidate?: number;
  /** Seconds for which a stale response may be used if the origin fails (RFC 5861, 4). */
  readonly staleIfError?: number;
  /**
   * The query parameters that are part of the cache key. The page parameters of `@Paginate()` always are. Default: all
   * parameters. The application does not start if the handler reads a parameter that is not listed.
   */
  readonly query?: readonly string[];
}

/** The cache decorators of a class or a method, combined. */
interface CacheMark {
  readonly isUncached: boolean;
  /** Request headers, in lower case. */
  readonly headers: readonly string[];
  readonly options: readonly CachePublicOptions[];
}

const NO_MARK: CacheMark = { isUncached: false, headers: [], options: [] };

/** What the cache key of a route consists of, and its Cache-Control: the decorators of class and method combined. */
export interface CacheScope {
  /** Request headers, in lower case and sorted. */
  readonly headers: readonly string[];
  /** The query parameters that are part of the key; undefined for all of them. */
  readonly query: readonly string[] | undefined;
  /** The Cache-Control of successful responses; undefined if none is sent. */
  readonly cacheControl: string | undefined;
}

/**
 * Lets `HttpCacheInterceptor` cache a route, or all routes of a controller: one response for everyone. With
 * `@CacheVary()` on the same route there is one response for each value of the headers. If both the class and the method
 * have options, the shorter times apply, and the key has the `query` parameters of both, or all parameters if one of them
 * has no `query`.
 *
 * @throws ConfigDefinitionError if a time is not a whole number of seconds, at least 0
 *
 * @example
 * ```ts
 * @Get()
 * @CachePublic({ maxAge: 60 })
 * list() {}
 * ```
 */
export function CachePublic(options: CachePublicOptions = {}): CustomDecorator {
  for (const [, name] of DIRECTIVES) {
    const seconds = options[name];
    if (seconds !== undefined && (!Number.isSafeInteger(seconds) || seconds < 0)) {
      throw new ConfigDefinitionError(
        `@CachePublic(): ${name} must be a whole number of seconds, at least 0`,
      );
    }
  }
  return addMark(({ options: more, ...mark }) => ({ ...mark, options: [...more, options] }));
}

/**
 * Lets `HttpCacheInterceptor` cache a route, or all routes of a controller: one response for each value of the named
 * request headers.
 *
 * @example
 * ```ts
 * @Get('cart')
 * @CacheVary('authorization')
 * cart() {}
 * ```
 */
export function CacheVary(header: string, ...more: string[]): CustomDecorator {
  const named = [header, ...more].map((name) => name.toLowerCase());
  return addMark(({ headers, ...mark }) => ({ ...mark, headers: [...headers, ...named] }));
}

/**
 * Excludes a route from `HttpCacheInterceptor`, even if its class or another decorator enables caching.
 *
 * @example
 * ```ts
 * @Controller('products')
 * @CachePublic()
 * class ProductsController {
 *   @Get('stock')
 *   @Uncached()
 *   stock() {}
 * }
 * ```
 */
export const Uncached = (): CustomDecorator => addMark((mark) => ({ ...mark, isUncached: true }));

/** The cache scope of a route; undefined if the route is not cached. */
export function cacheScopeOf(controller: Function, handler: Function): CacheScope | undefined {
  const marks = [controller, handler].map(markOf).filter((mark) => mark !== undefined);
  const isCached = marks.some(({ headers, options }) => headers.length > 0 || options.length > 0);
  if (!isCached || marks.some(({ isUncached }) => isUncached)) return undefined;
  const headers = [...new Set(marks.flatMap((mark) => mark.headers))].toSorted();
  const options = marks.flatMap((mark) => mark.options);
  const lists = options.map(({ query }) => query);
  return {
    headers,
    query:
      lists.length === 0 || lists.includes(undefined)
        ? undefined
        : [...new Set(lists.flatMap((list) => list!))],
    cacheControl: cacheControlOf(options, headers.length === 0),
  };
}

function addMark(change: (mark: CacheMark) => CacheMark): CustomDecorator {
  const decorator = (target: object, _key?: unknown, descriptor?: TypedPropertyDescriptor<unknown>) => {
    const marked = (descriptor?.value ?? target) as Function;
    Reflect.defineMetadata(MARK, change(markOf(marked) ?? NO_MARK), marked);
  };
  return Object.assign(decorator, { KEY: MARK }) as CustomDecorator;
}

function markOf(target: Function): CacheMark | undefined {
  return Reflect.getMetadata(MARK, target) as CacheMark | undefined;
}

const DIRECTIVES = [
  ['max-age', 'maxAge'],
  ['s-maxage', 'sMaxAge'],
  ['stale-while-revalidate', 'staleWhileRevalidate'],
  ['stale-if-error', 'staleIfError'],
] as const;

/** Without `public`, shared caches do not store responses to requests with credentials (RFC 9111, 3.5). */
function cacheControlOf(options: readonly CachePublicOptions[], isPublic: boolean): string | undefined {
  const directives = DIRECTIVES.flatMap(([directive, name]) => {
    const seconds = options.map((one) => one[name]).filter((value) => value !== undefined);
    return seconds.length === 0 ? [] : [`${directive}=${Math.min(...seconds)}`];
  });
  return directives.length === 0 ? undefined : [...(isPublic ? ['public'] : []), ...directives].join(', ');
}
