import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Observable } from 'rxjs';
import { HttpCache } from './http-cache.js';

/**
 * Caches the responses of routes that are marked `@CachePublic()` or `@CacheVary('authorization')`. The cache key consists
 * of route, scheme, host, path, query, the named headers, and the headers in the response's own Vary. A response is stored
 * when its status and headers are final: only if it is a 200 without a cookie, and only as long as Cache-Control and
 * Expires let a shared cache store it. Concurrent requests share one run of the handler. A hit sends the text of the first
 * response.
 *
 * A successful POST, PUT, PATCH or DELETE to a controller with this interceptor removes the responses stored for the same
 * URL.
 *
 * @example
 * ```ts
 * @Controller('products')
 * @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
 * export class ProductsController {}
 * ```
 */
@Injectable()
export class HttpCacheInterceptor implements NestInterceptor {
  constructor(@Inject(HttpCache) private readonly cache: HttpCache) {}

  /** Answers from the cache, or runs the handler. @hidden */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return this.cache.answer(context, next, HttpCacheInterceptor);
  }
}
