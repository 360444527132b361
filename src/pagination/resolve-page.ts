import { isGiven } from './counting.js';
import type { CursorKey } from './cursor-key.js';
import { type CheckedLimits, type PageLimits, checkLimits } from './page-limits.js';
import { type PageParams, ParameterNames } from './page-params.js';
import { PageRequestError } from './page.error.js';
import {
  type AnyPageRequest,
  type CursorScope,
  type PageRequest,
  type SortedList,
  parsePage,
} from './page-request.js';
import { handlerState } from './page-state.js';
import { SortOrders } from './sort-order.js';

/** The limits of a page, and the names of its parameters. */
export interface ResolveLimits extends PageLimits {
  /** Default: those of the route in which the call is made; otherwise `limit` or `first`, `offset` and `after`. */
  readonly params?: PageParams | undefined;
}

/**
 * Does what `@Paginate()` does with a query string, for the arguments of a GraphQL query, a message or the body of a
 * search. A limit that is too large is clamped; invalid values are refused.
 *
 * `first` of a GraphQL connection is another name for `limit`. To read backward as well, name the arguments: `params: {
 * limit: 'first', after: 'after', last: 'last', before: 'before' }`. Otherwise `last` is refused, and so is `before` if the
 * list has cursors.
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
export function resolvePage(input: unknown, limits: ResolveLimits): PageRequest;
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
export function resolvePage<Key extends CursorKey, Order extends string | undefined = undefined>(
  input: unknown,
  limits: ResolveLimits,
  cursor: CursorScope,
): PageRequest<Key, Order>;
export function resolvePage(input: unknown, limits: ResolveLimits, cursor?: CursorScope): AnyPageRequest {
  const state = handlerState.getStore();
  const names = namesOf(input, limits.params, cursor, state?.route.names);
  const list = cursor && listOf(cursor);
  const page = parsePage(input, narrowLimits(limits, state?.route.limits), names, list);
  state?.replacePage(page, input, names, list !== undefined);
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

function namesOf(
  input: unknown,
  params: PageParams | undefined,
  cursor: CursorScope | undefined,
  route: ParameterNames = ParameterNames.DEFAULT,
): ParameterNames {
  if (params !== undefined) return new ParameterNames(params);
  if (route !== ParameterNames.DEFAULT) return route;
  const { limit, first, last, before } = Object(input) as Record<string, unknown>;
  if (isGiven(last)) throw new PageRequestError('last', BACKWARD);
  // Without cursors, `before` is a filter of the application, like `after`.
  if (isGiven(before) && cursor !== undefined) throw new PageRequestError('before', BACKWARD);
  if (!isGiven(first)) return route;
  if (isGiven(limit)) throw new PageRequestError('first', 'cannot be combined with limit');
  return FIRST;
}

const FIRST = new ParameterNames({ limit: 'first', offset: 'offset', after: 'after' });
const BACKWARD = 'is not supported: this list is read forward, with first and after';

function listOf({ keys, list, sort, sealed = false }: CursorScope): SortedList {
  return { keys, name: list, orders: new SortOrders(sort), isSealed: sealed };
}
