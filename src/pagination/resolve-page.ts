import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import { type CheckedLimits, type PageLimits, checkLimits } from './page-limits.js';
import { PageRequestError } from './page.error.js';
import { type CursorScope, type PageRequest, isGiven, parsePage, parseCursorPage } from './page-request.js';
import { handlerState } from './page-state.js';
import { SortOrder } from './sort-order.js';

/**
 * Does what `@Paginate()` does with a query string, for the arguments of a GraphQL query, a message or the body of a
 * search. A limit that is too large is clamped; invalid values are refused.
 *
 * `first` of a GraphQL connection is another name for `limit`. Lists are read forward only: `last` is refused, and so
 * is `before` if the list has cursors.
 *
 * In an HTTP handler under `PaginationInterceptor` that takes parameters but no `@Paginate()`, the limits of the route
 * apply as well (PAGE_SIZE or `@PageSize()`, MAX_PAGE_SIZE, `maxOffset`), and the interceptor cuts the response to this
 * page.
 *
 * @param input has `limit` or `first`, and `offset`; each is optional
 * @throws PageRequestError (status 400) naming the parameter
 * @throws ConfigDefinitionError if a limit is out of range
 *
 * @example
 * ```ts
 * resolvePage({ limit: 1000 }, { pageSize: 20, maxPageSize: 100 }).limit; // 100
 * ```
 */
export function resolvePage(input: unknown, limits: PageLimits): PageRequest;
/**
 * The same for a list that is read by cursor.
 *
 * @param input has `limit` or `first`, `offset` and `after`; each is optional
 * @param cursor identifies the list and its sort
 * @throws PageRequestError (status 400) naming the parameter
 * @throws ConfigDefinitionError if a limit is out of range or the sort is invalid
 *
 * @example
 * ```ts
 * @Query(() => OrderPage)
 * async newest(@Args() args: PageArgs) {
 *   const page = resolvePage<[string]>(args, { pageSize: 20, maxPageSize: 100 }, {
 *     keys: this.keys,
 *     list: 'orders',
 *     sort: ['id'],
 *   });
 *   return Page.of(await this.rows.after(page), page, ({ id }) => [id]);
 * }
 * ```
 */
export function resolvePage<Key extends CursorKey>(
  input: unknown,
  limits: PageLimits,
  cursor: CursorScope,
): PageRequest<Key>;
export function resolvePage(
  input: unknown,
  limits: PageLimits,
  cursor?: CursorScope,
): PageRequest<CursorKey> {
  const state = handlerState.getStore();
  const offsetPage = parsePage(input, narrowLimits(limits, state?.route.limits), sizeName(input, cursor));
  const page = cursor === undefined ? offsetPage : parseCursorPage(input, offsetPage, cursorsOf(cursor));
  state?.replacePage(page, input, cursor === undefined ? 'offset' : 'cursor');
  return page;
}

/** The narrower limits of two: those of the call, and those of the route in which it is made. */
function narrowLimits(limits: PageLimits, route: CheckedLimits | undefined): CheckedLimits {
  const own = checkLimits(limits);
  if (route === undefined) return own;
  return {
    pageSize: Math.min(own.pageSize, route.maxPageSize),
    maxPageSize: Math.min(own.maxPageSize, route.maxPageSize),
    maxOffset: limits.maxOffset === undefined ? route.maxOffset : Math.min(own.maxOffset, route.maxOffset),
  };
}

/** The name under which the input has the page size. */
function sizeName(input: unknown, cursor: CursorScope | undefined): 'limit' | 'first' {
  const { limit, first, last, before } = Object(input) as Record<string, unknown>;
  if (isGiven(last)) throw new PageRequestError('last', BACKWARD);
  // Without cursors, `before` is a filter of the application, like `after`.
  if (isGiven(before) && cursor !== undefined) throw new PageRequestError('before', BACKWARD);
  if (!isGiven(first)) return 'limit';
  if (isGiven(limit)) throw new PageRequestError('first', 'cannot be combined with limit');
  return 'first';
}

const BACKWARD = 'is not supported: lists are read forward, with first and after';

function cursorsOf({ keys, list, sort }: CursorScope): Cursors {
  return new Cursors(keys, list, new SortOrder(sort));
}
