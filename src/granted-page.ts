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
    if (route.isOpen || !(route.isBounded || isPaginated(context))) return {};
    try {
      const state = pageStateOf(context.switchToHttp().getRequest<HttpRequest>(), route);
      if (state.isBounded) routes.warn(route, 'order', WRONG_ORDER);
      return { limit: String(state.page.limit), offset: String(state.page.offset) };
    } catch {
      // The interceptor refuses it.
      return {};
    }
  };
}

/** Whether it will be bounded, where no request has shown it yet. */
function isPaginated(context: ExecutionContext): boolean {
  return [context.getHandler(), context.getClass()].some((target) => {
    const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[];
    return interceptors.some(
      (interceptor) => interceptor === PaginationInterceptor || interceptor instanceof PaginationInterceptor,
    );
  });
}
