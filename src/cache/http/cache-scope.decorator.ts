import type { CustomDecorator } from '@nestjs/common';
import { ConfigDefinitionError } from '../../config/index.js';

const MARK = 'production-config:cache-mark';

/** How the answer of a route is shared. */
export interface CachePublicOptions {
  /** Seconds for which browsers may keep a successful answer. Default: `Cache-Control` is not sent. */
  readonly maxAge?: number;
  /** The same for caches that several clients share, such as a CDN. */
  readonly sMaxAge?: number;
  /** Seconds for which a stale answer may be used while a new one is fetched (RFC 5861, 3). */
  readonly staleWhileRevalidate?: number;
  /** Seconds for which a stale answer may be used if the origin fails (RFC 5861, 4). */
  readonly staleIfError?: number;
  /**
   * The query parameters that the answer depends on; the others make no entries. The page parameters of `@Paginate()`
   * count in any case. Default: all parameters count. The start fails if the handler declares other ones.
   */
  readonly query?: readonly string[];
}

/** What the decorators of a class or a method say. */
interface CacheMark {
  readonly isUncached: boolean;
  /** Request headers, in lower case. */
  readonly headers: readonly string[];
  readonly options: readonly CachePublicOptions[];
}

const NO_MARK: CacheMark = { isUncached: false, headers: [], options: [] };

/** For whom the answer of a route is: everything that any of its decorators distinguishes. */
export interface CacheScope {
  /** Request headers, in lower case and in order. */
  readonly headers: readonly string[];
  /** The query parameters that count; undefined where all do. */
  readonly query: readonly string[] | undefined;
  /** The Cache-Control of successful answers; undefined where none is sent. */
  readonly cacheControl: string | undefined;
}

/**
 * Lets `HttpCacheInterceptor` cache a route, or all routes of a controller: one answer for everyone. With
 * `@CacheVary()` on the same route there is one for each value of the headers. If the class and the method have options,
 * the shorter times and the parameters of both count; if one of them names no `query`, all parameters count.
 *
 * @throws ConfigDefinitionError for seconds that are no whole number from 0 on
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
  return marking(({ options: more, ...mark }) => ({ ...mark, options: [...more, options] }));
}

/**
 * Lets `HttpCacheInterceptor` cache a route, or all routes of a controller: an answer for each value of the named
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
  return marking(({ headers, ...mark }) => ({ ...mark, headers: [...headers, ...named] }));
}

/**
 * Keeps `HttpCacheInterceptor` from caching a route, whatever its class or other decorators say.
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
export const Uncached = (): CustomDecorator => marking((mark) => ({ ...mark, isUncached: true }));

/** For whom the answer of a route is; undefined for a route that is not cached. */
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

function marking(change: (mark: CacheMark) => CacheMark): CustomDecorator {
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

/** Without `public`, no cache outside keeps what a request with credentials got (RFC 9111, 3.5). */
function cacheControlOf(options: readonly CachePublicOptions[], isPublic: boolean): string | undefined {
  const directives = DIRECTIVES.flatMap(([directive, name]) => {
    const seconds = options.map((one) => one[name]).filter((value) => value !== undefined);
    return seconds.length === 0 ? [] : [`${directive}=${Math.min(...seconds)}`];
  });
  return directives.length === 0 ? undefined : [...(isPublic ? ['public'] : []), ...directives].join(', ');
}
