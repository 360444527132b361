import type { ExecutionContext } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { GrantedQuery } from '../cache/index.js';
import {
  type HttpRequest,
  type PageRoutes,
  PaginationInterceptor,
  pageStateOf,
} from '../pagination/index.js';

const WRONG_ORDER =
  'runs PaginationInterceptor before HttpCacheInterceptor, which then caches whole lists instead of pages. ' +
  'Write @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor).';

// No name that a client sends is written like this in a key.
const WHOLE = { '#whole': '' };

/** The page that a route under PaginationInterceptor answers with: `limit=100` and `limit=999999` are one answer. */
export function grantedPage(routes: PageRoutes): GrantedQuery {
  return (context) => {
    const route = routes.of(context);
    if (route.isOpen) return {};
    try {
      const request = context.switchToHttp().getRequest<HttpRequest>();
      const state = pageStateOf(request, route);
      if (state.isBounded) state.misorder = WRONG_ORDER;
      if (!(route.isBounded ??= isPaginated(context))) return {};
      const limit = String(state.page.limit);
      // Beside a cursor an offset is refused, so that it is not the same as none.
      const { after } = Object(request.query) as { after?: unknown };
      const offset = after === undefined ? { offset: String(state.page.offset) } : {};
      const cursor = after !== undefined && route.paging === 'cursor' ? { after: JSON.stringify(after) } : {};
      // A cache inside keeps what is not cut yet, which a cache outside must not take for its page.
      return { limit, ...offset, ...cursor, ...(state.isBounded && WHOLE) };
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
