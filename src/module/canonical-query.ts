import type { ExecutionContext } from '@nestjs/common';
import { INTERCEPTORS_METADATA } from '@nestjs/common/constants.js';
import type { GrantQuery } from '../cache/index.js';
import {
  grantedPage,
  type PagedRequest,
  type PageRoutes,
  PaginationInterceptor,
  pageStateOf,
} from '../pagination/index.js';

const WRONG_ORDER =
  'runs PaginationInterceptor before HttpCacheInterceptor, which then caches whole lists instead of pages. ' +
  'Write @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor).';

const UNCUT = { whole: '' };

/**
 * The page parameters of a cache key, for routes with PaginationInterceptor: `limit=100` and `limit=999999` may be the
 * same page.
 */
export function canonicalPageQuery(routes: PageRoutes): GrantQuery {
  return (context, counted) => {
    const route = routes.of(context);
    route.linked = counted;
    if (route.isUnpaginated || route.paging?.from === 'body') return undefined;
    const request = context.switchToHttp().getRequest<PagedRequest>();
    const state = pageStateOf(request, route);
    // PaginationInterceptor throws the error.
    if (state.error !== undefined) return undefined;
    if (state.isBounded) state.misorder = WRONG_ORDER;
    if (!(route.isBounded ??= isPaginated(context))) return undefined;
    const granted = grantedPage(state);
    // A cache inside PaginationInterceptor stores uncut lists, which must not share a key with the cut pages outside.
    return state.isBounded ? { ...granted, values: { ...granted.values, ...UNCUT } } : granted;
  };
}

/** Whether the decorators of the route list the interceptor. A global one is known from the first request on. */
function isPaginated(context: ExecutionContext): boolean {
  return [context.getHandler(), context.getClass()].some((target) => {
    const interceptors = (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[];
    return interceptors.some(
      (interceptor) => interceptor === PaginationInterceptor || interceptor instanceof PaginationInterceptor,
    );
  });
}
