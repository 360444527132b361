import type { PageRoute } from './page-route.js';
import type { PageRoutes } from './page-routes.js';
import { handlersOf } from './route-handlers.js';

/** Provides a function that returns the report of an application: it needs what only the module knows. */
export const LISTS = Symbol('LISTS');

/** A route whose lists are paged, and what has happened on it since the start. */
export interface ListReport {
  /** `Class.method`. */
  readonly name: string;
  /** The page size of a request without a limit, in rows. */
  readonly pageSize: number;
  /** The largest page size, in rows. */
  readonly maxPageSize: number;
  /** The largest offset, in rows. */
  readonly maxOffset: number;
  /** The names of the page parameters that clients can send. */
  readonly parameters: readonly string[];
  /** Where clients send them. */
  readonly from: 'query' | 'body';
  /** Whether it is `@Unpaginated()` or an event stream, so that nothing is cut. */
  readonly isUnpaginated: boolean;
  /** Whether PaginationInterceptor bounds the lists; undefined if this is not known before the first request. */
  readonly isBounded: boolean | undefined;
  /** How often the handler returned more rows than its page allows. */
  readonly overruns: number;
  /** Requests whose limit was larger than `maxPageSize` and was reduced. */
  readonly reduced: number;
  /** Requests whose page parameters were refused with status 400. */
  readonly refused: number;
}

/** The routes whose lists are paged, for the operations page. */
export interface ListsReport {
  /** In the order of their controllers. */
  readonly routes: readonly ListReport[];
}

/**
 * Shows each route that takes its page or that PaginationInterceptor bounds.
 *
 * @param isIntercepted whether the route is known to have PaginationInterceptor
 */
export function reportLists(
  routes: PageRoutes,
  controllers: Iterable<Function>,
  isIntercepted: (controller: Function, handler: Function) => boolean,
): ListsReport {
  const reports = handlersOf(controllers).map(([controller, handler]) => {
    const route = routes.of({ getClass: () => controller as never, getHandler: () => handler });
    const isBounded = isBoundedNow(routes, route, isIntercepted(controller, handler));
    const isList = route.paging !== undefined || isBounded !== undefined;
    return isList ? [reportOf(route, isBounded)] : [];
  });
  return { routes: reports.flat() };
}

function reportOf(route: PageRoute, isBounded: boolean | undefined): ListReport {
  const { name, limits, names, paging, isUnpaginated, counts } = route;
  return {
    name,
    ...limits,
    parameters: names.readBy(paging?.orders),
    from: paging?.from ?? 'query',
    isUnpaginated,
    isBounded,
    ...counts,
  };
}

function isBoundedNow(routes: PageRoutes, route: PageRoute, isIntercepted: boolean): boolean | undefined {
  if (route.isUnpaginated) return isIntercepted ? false : undefined;
  if (route.isBounded === true || isIntercepted) return true;
  return routes.isKnownUnbounded(route) ? false : route.isBounded;
}
