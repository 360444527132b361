import type { ExecutionContext } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { GrantedQuery } from './cache/http/http-cache.interceptor.js';
import type { PageRoutes } from './pagination/page-routes.js';
import { pageStateOf, type HttpRequest } from './pagination/page-state.js';
import { PaginationInterceptor } from './pagination/pagination.interceptor.js';

const WRONG_ORDER =
  'runs PaginationInterceptor before HttpCacheInterceptor, which then keeps whole lists instead of pages. ' +
  'Write @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor).';

/** The page that a route under PaginationInterceptor answers with: `limit=100` and `limit=999999` are one answer. */
export function grantedPage(routes: PageRoutes): GrantedQuery {
  return (context) => {
    const route = routes.of(context);
    if (route.isOpen || !(route.isBounded ??= isPaginated(context))) return {};
    try {
      const request = context.switchToHttp().getRequest<HttpRequest>();
      const { page, isBounded } = pageStateOf(request, route);
      if (isBounded) routes.warn(route, 'order', WRONG_ORDER);
      const limit = String(page.limit);
      // Beside a cursor an offset is refused, so that it is not the same as none.
      return Object(request.query).after === undefined ? { limit, offset: String(page.offset) } : { limit };
    } catch {
      // The interceptor refuses it.
      return {};
    }
  };
}

/** Whether its decorators say so; of an interceptor for all routes, the first request tells. */
function isPaginated(context: ExecutionContext): boolean {
  return [context.getHandler(), context.getClass()].some((target) => {
    const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[];
    return interceptors.some(
      (interceptor) => interceptor === PaginationInterceptor || interceptor instanceof PaginationInterceptor,
    );
  });
}
