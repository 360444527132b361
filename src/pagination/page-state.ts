import type { CursorKey } from './cursor-key.js';
import { readBounds, type PageRequest } from './page-request.js';
import type { PageRoute } from './page-routes.js';

/** What Express and Fastify have in common of a request. */
export interface HttpRequest {
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
  isBounded: boolean;
}

// Beside the request, not on it: Express 5 computes `request.query` anew at every access.
const states = new WeakMap<HttpRequest, PageState>();

/** The page of a request, resolved once for a route however many interceptors and parameters ask for it. */
export function pageStateOf(request: HttpRequest, route: PageRoute): PageState {
  let state = states.get(request);
  if (state?.route !== route) {
    state = { route, page: readBounds(request.query, route.limits), isBounded: false };
    states.set(request, state);
  }
  return state;
}
