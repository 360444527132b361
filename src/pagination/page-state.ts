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
  page: PageRequest<CursorKey>;
  isBounded: boolean;
}

// Beside the request, not on it: Express 5 computes `request.query` anew at every access.
const states = new WeakMap<HttpRequest, PageState>();

/** The page of a request, resolved once however many interceptors and parameters ask for it. */
export function pageStateOf(request: HttpRequest, { limits }: PageRoute): PageState {
  let state = states.get(request);
  if (state === undefined) {
    states.set(request, (state = { page: readBounds(request.query, limits), isBounded: false }));
  }
  return state;
}
