import { AsyncLocalStorage } from 'node:async_hooks';
import type { CursorKey } from './cursor-key.js';
import { readBounds, type PageRequest } from './page-request.js';
import type { PageRoute } from './page-routes.js';
import type { Paging } from './paging.metadata.js';

/** What Express and Fastify have in common of a request. */
export interface HttpRequest {
  readonly method: string;
  readonly query?: unknown;
  readonly url: string;
  readonly originalUrl?: string;
  /** Express: the pattern of the route. */
  readonly route?: { readonly path?: string };
  /** The same on Fastify. */
  readonly routeOptions?: { readonly url?: string };
}

/** A request's page, and whether PaginationInterceptor bounds what comes of it. */
export interface PageState {
  readonly route: PageRoute;
  page: PageRequest<CursorKey>;
  /** What the page was read from: the query, or the input of `resolvePage()`. */
  input: unknown;
  /** How the handler takes the page; undefined if it takes none. */
  paging: Paging | undefined;
  isBounded: boolean;
  /** What is wrong with the order of the interceptors, if the route returns a list. */
  misorder?: string;
}

// Beside the request, not on it: Express 5 computes `request.query` anew at every access.
const states = new WeakMap<object, PageState>();

/** The page of a request, resolved once for a route however many interceptors ask for it. */
export function pageStateOf(request: HttpRequest, route: PageRoute): PageState {
  let state = states.get(request);
  if (state?.route !== route) {
    const input = request.query;
    const page = readBounds(input, route.limits);
    state = { route, page, input, paging: route.paging, isBounded: false };
    states.set(request, state);
  }
  return state;
}

/** Whether PaginationInterceptor bounds what comes of a request. */
export function isBounded(request: HttpRequest): boolean {
  return states.get(request)?.isBounded === true;
}

/** The state of the request that a handler without `@Paginate()` answers: its page is what `resolvePage()` reads. */
export const handlerState = new AsyncLocalStorage<PageState>();
