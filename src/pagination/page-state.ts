import { AsyncLocalStorage } from 'node:async_hooks';
import { isGiven, type PageWindow } from './counting.js';
import type { ParameterNames } from './page-params.js';
import { type AnyPageRequest, parseWindow } from './page-request.js';
import type { PageRoute } from './page-route.js';
import type { PageRequestError } from './page.error.js';
import { inputOf, type PagedRequest } from './paged-request.js';
import { valueOf, withoutParameters } from './parameter-path.js';

/** The rows that the response to a request may have. */
export class PageState {
  /** Whether PaginationInterceptor bounds the response. */
  isBounded = false;
  /** What is wrong with the order of the interceptors, if the route returns a list. */
  misorder: string | undefined;
  names: ParameterNames;
  /** Whether the handler takes its page. */
  isPaged: boolean;
  /** Whether the page may have a cursor. */
  isSorted: boolean;
  readonly error: PageRequestError | undefined;
  private current: PageWindow | undefined;

  constructor(
    readonly route: PageRoute,
    /** What the page was parsed from: a part of the request, or the input of `resolvePage()`. */
    public input: unknown,
  ) {
    this.names = route.names;
    this.isPaged = route.paging !== undefined;
    this.isSorted = route.paging?.orders !== undefined;
    try {
      this.current = parseWindow(input, route.limits, this.names, this.isSorted);
      if (this.isReduced(this.current)) route.counts.reduced++;
    } catch (error) {
      this.error = error as PageRequestError;
    }
  }

  /** @throws PageRequestError */
  get page(): PageWindow {
    if (this.current === undefined) throw this.error;
    return this.current;
  }

  /** Whether the client asked for more rows than it gets. */
  private isReduced({ limit }: PageWindow): boolean {
    if (limit !== this.route.limits.maxPageSize) return false;
    const sizes = [this.names.counting.limit, this.isSorted ? this.names.last : undefined];
    return sizes.some((name) => name !== undefined && Number(valueOf(this.input, name)) > limit);
  }

  /** Counts that the request is refused, and returns its error. */
  refuse(error: PageRequestError): PageRequestError {
    this.route.counts.refused++;
    return error;
  }

  /** Replaces the page of the request with the one of `resolvePage()`. */
  replacePage(page: AnyPageRequest, input: unknown, names: ParameterNames, isSorted: boolean): void {
    this.current = { limit: page.limit, offset: page.offset, page: page.page };
    this.input = input;
    this.names = names;
    this.isPaged = true;
    this.isSorted = isSorted;
  }
}

/** The page parameters of a request by what is granted: requests for the same page have the same values. */
export interface GrantedPage {
  readonly values: Readonly<Record<string, string>>;
  /** The names of the parameters that they replace. */
  readonly names: readonly string[];
  /** The query without them. */
  readonly rest: object;
}

/** The page that a request gets. */
export function grantedPage({ route, names, input, page, isSorted }: PageState): GrantedPage {
  const orders = route.paging?.orders;
  const given = (name: string | undefined) => (name === undefined ? undefined : valueOf(input, name));
  const [after, before] = isSorted ? [given(names.after), given(names.before)] : [];
  const place = {
    limit: page.limit,
    offset: page.offset,
    after,
    before,
    last: isSorted && isGiven(given(names.last)),
  };
  const sort = orders && orders.names.length > 0 ? (given(names.sort) ?? orders.names[0]) : undefined;
  const read = names.readBy(orders);
  return {
    values: { page: JSON.stringify({ ...place, sort }) },
    names: read,
    rest: withoutParameters(Object(input) as object, read),
  };
}

// Beside the request, not on it: Express 5 computes `request.query` anew at every access.
const states = new WeakMap<object, PageState>();

/** The state of a request, which all interceptors of its route share. */
export function pageStateOf(request: PagedRequest, route: PageRoute): PageState {
  let state = states.get(request);
  if (state?.route !== route) {
    states.set(request, (state = new PageState(route, inputOf(request, route.paging))));
  }
  return state;
}

/** Whether PaginationInterceptor bounds the response to a request. */
export function isBounded(request: PagedRequest): boolean {
  return states.get(request)?.isBounded === true;
}

/** The state of the request that a handler without `@Paginate()` is answering, for `resolvePage()`. */
export const handlerState = new AsyncLocalStorage<PageState>();
