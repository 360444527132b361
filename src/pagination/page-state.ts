import { AsyncLocalStorage } from 'node:async_hooks';
import type { CursorKey } from './cursor-key.js';
import { parsePage, type PageRequest } from './page-request.js';
import type { PageRoute } from './page-routes.js';
import type { PageRequestError } from './page.error.js';
import type { PagingMode } from './paging.metadata.js';

/** The part of a request that Express and Fastify have in common. */
export interface PagedRequest {
  readonly method: string;
  readonly query?: unknown;
  readonly url: string;
  readonly originalUrl?: string;
  /** Express: the pattern of the route. */
  readonly route?: { readonly path?: string };
  /** The same on Fastify. */
  readonly routeOptions?: { readonly url?: string };
}

/** The page of a request, parsed once, or the error that parsing it threw. */
export class PageState {
  /** Whether PaginationInterceptor bounds the response. */
  isBounded = false;
  /** What is wrong with the order of the interceptors, if the route returns a list. */
  misorder: string | undefined;
  /** How the handler takes the page; undefined if it takes none. */
  paging: PagingMode | undefined;
  readonly error: PageRequestError | undefined;
  private current: PageRequest<CursorKey> | undefined;

  constructor(
    readonly route: PageRoute,
    /** What the page was parsed from: the query, or the input of `resolvePage()`. */
    public input: unknown,
  ) {
    this.paging = route.paging;
    try {
      this.current = parsePage(input, route.limits);
    } catch (error) {
      this.error = error as PageRequestError;
    }
  }

  /** @throws PageRequestError */
  get page(): PageRequest<CursorKey> {
    if (this.current === undefined) throw this.error;
    return this.current;
  }

  /** Replaces the page of the query with the one of `resolvePage()`. */
  replacePage(page: PageRequest<CursorKey>, input: unknown, paging: PagingMode): void {
    this.current = page;
    this.input = input;
    this.paging = paging;
  }
}

// Beside the request, not on it: Express 5 computes `request.query` anew at every access.
const states = new WeakMap<object, PageState>();

/** The state of a request, which all interceptors of its route share. */
export function pageStateOf(request: PagedRequest, route: PageRoute): PageState {
  let state = states.get(request);
  if (state?.route !== route) states.set(request, (state = new PageState(route, request.query)));
  return state;
}

/** Whether PaginationInterceptor bounds the response to a request. */
export function isBounded(request: PagedRequest): boolean {
  return states.get(request)?.isBounded === true;
}

/** The state of the request that a handler without `@Paginate()` is answering, for `resolvePage()`. */
export const handlerState = new AsyncLocalStorage<PageState>();
