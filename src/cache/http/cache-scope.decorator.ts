import { SetMetadata } from '@nestjs/common';

/** The request headers on which the answer of a route depends, by the key of its metadata. */
export const CACHE_SCOPE = 'production-config:cache-scope';

/**
 * Lets `HttpCacheInterceptor` cache a route, or all routes of a controller: one answer for everyone.
 *
 * @example
 * ```ts
 * @Get()
 * @CachePublic()
 * list() {}
 * ```
 */
export const CachePublic = () => SetMetadata(CACHE_SCOPE, []);

/**
 * The same with an answer for each value of the named request headers.
 *
 * @example
 * ```ts
 * @Get('cart')
 * @CacheVary('authorization')
 * cart() {}
 * ```
 */
export const CacheVary = (header: string, ...more: string[]) =>
  SetMetadata(
    CACHE_SCOPE,
    [header, ...more].map((name) => name.toLowerCase()),
  );
