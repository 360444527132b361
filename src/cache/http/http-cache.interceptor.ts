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
 * Caches the responses of routes that say for whom they are, `@CachePublic()` or `@CacheVary('authorization')`. It tells
 * requests apart by route, scheme, host, path, query, the named headers and those of the response's own Vary. A response
 * is kept when its status and headers are final: only 200, without a cookie, and as long as Cache-Control and Expires let
 * a shared cache keep it. The handler runs once for concurrent requests. A hit is sent as the
 * text of the first response.
 *
 * A successful POST, PUT, PATCH or DELETE of a controller that it stands on removes what is kept for the same URL.
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

  /** Answers from the cache, or with what the handler makes. @hidden */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    return this.cache.answer(context, next, HttpCacheInterceptor);
  }
}
