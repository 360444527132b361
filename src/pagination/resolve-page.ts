import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import { type CheckedLimits, type PageLimits, checkedLimits } from './page-limits.js';
import { PageRequestError } from './page.error.js';
import { type CursorScope, type PageRequest, isGiven, readBounds, readCursor } from './page-request.js';
import { handlerState } from './page-state.js';
import { SortOrder } from './sort-order.js';

/**
 * The page that was asked for, from the arguments of a GraphQL query, a message or the body of a search: what
 * `@Paginate()` does with a query string. A limit that is too large is clamped; what cannot be read is refused.
 *
 * `first` of a GraphQL connection is another name for `limit`. Lists are read forward only: `last` is refused, and so
 * is `before` if the list has a cursor scope.
 *
 * In an HTTP handler under `PaginationInterceptor` that takes parameters but no `@Paginate()`, the limits of the route apply as well
 * (PAGE_SIZE or `@PageSize()`, MAX_PAGE_SIZE, `maxOffset`), and the interceptor cuts the answer to this page.
 *
 * @param input holds `limit` or `first`, and `offset`; each is optional
 * @throws PageRequestError (status 400) naming the parameter
 * @throws ConfigDefinitionError when the limits bound nothing
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
 * @param input holds `limit` or `first`, `offset` and `after`; each is optional
 * @param cursor what makes the cursors of the list
 * @throws PageRequestError (status 400) naming the parameter
 * @throws ConfigDefinitionError when the limits bound nothing, or the sort names no columns
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
  const bounds = readBounds(input, limitsIn(state?.route.limits, limits), sizeOf(input, cursor));
  const page = cursor === undefined ? bounds : readCursor(input, bounds, cursorsOf(cursor));
  if (state !== undefined) {
    state.page = page;
    state.input = input;
    state.paging = cursor === undefined ? 'offset' : 'cursor';
  }
  return page;
}

/** The narrower of two limits: those of the call, and those of the route that it is made in. */
function limitsIn(route: CheckedLimits | undefined, limits: PageLimits): CheckedLimits {
  const own = checkedLimits(limits);
  if (route === undefined) return own;
  return {
    pageSize: Math.min(own.pageSize, route.maxPageSize),
    maxPageSize: Math.min(own.maxPageSize, route.maxPageSize),
    maxOffset: limits.maxOffset === undefined ? route.maxOffset : Math.min(own.maxOffset, route.maxOffset),
  };
}

/** By which name the number of rows was given. */
function sizeOf(input: unknown, cursor: CursorScope | undefined): 'limit' | 'first' {
  const { limit, first, last, before } = Object(input) as Record<string, unknown>;
  if (isGiven(last)) throw new PageRequestError('last', BACKWARD);
  // Without cursors it is a filter of the application, as `after` is.
  if (isGiven(before) && cursor !== undefined) throw new PageRequestError('before', BACKWARD);
  if (!isGiven(first)) return 'limit';
  if (isGiven(limit)) throw new PageRequestError('first', 'cannot be combined with limit');
  return 'first';
}

const BACKWARD = 'is not supported: lists are read forward, with first and after';

function cursorsOf({ keys, list, sort }: CursorScope): Cursors {
  return new Cursors(keys, list, new SortOrder(sort));
}
