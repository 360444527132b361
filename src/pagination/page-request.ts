import type { KeyRing } from '../keys/index.js';
import { type PageWindow, isGiven, parseLimit } from './counting.js';
import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import type { CheckedLimits } from './page-limits.js';
import type { ParameterNames } from './page-params.js';
import { PageRequestError } from './page.error.js';
import { valueOf } from './parameter-path.js';
import type { PageSort, SortOrders } from './sort-order.js';

/**
 * The page that the client may have: complete, within the limits, and frozen. `Key` is the sort key of a row, if the
 * list is read by cursor: `PageRequest<[string, bigint]>`. `Order` is the name of the order, if the client chooses one:
 * `PageRequest<[string, bigint], 'newest'> | PageRequest<[string], 'name'>`.
 */
export interface PageRequest<Key extends CursorKey = never, Order extends string | undefined = undefined> {
  /** The maximum number of rows in the response. */
  readonly limit: number;
  /** `limit + 1`, for the LIMIT of the query: the extra row shows that there is a next page. */
  readonly take: number;
  /** The number of rows to skip; 0 with a cursor. */
  readonly offset: number;
  /** The number of the page, if clients count pages and the page has no cursor. */
  readonly page?: number | undefined;
  /** The sort key of the row after which the page starts; undefined without a cursor. */
  readonly after?: Readonly<Key> | undefined;
  /** The sort key of the row before which the page ends; undefined if it ends with the list. */
  readonly before?: Readonly<Key> | undefined;
  /**
   * 'backward' if the page is the one before a row or the last one: query the rows in the reversed order. `Page.of`
   * restores the order. Only lists whose `params` name `before` are read backward.
   */
  readonly direction: 'forward' | 'backward';
  /** The name of the order that the client chose, the first by default; undefined if the list has only one. */
  readonly sort: Order;
}

/** The page without its cursor: the parameter type of services that read by offset alone. */
export type OffsetPage = Pick<PageRequest, 'limit' | 'take' | 'offset'>;

/** Any page. */
export type AnyPageRequest = PageRequest<CursorKey, string | undefined>;

/** Identifies a list and its order for `resolvePage()`. `@Paginate({ sort })` knows this by itself. */
export interface CursorScope {
  /** The injected ring, which signs the cursors. */
  readonly keys: KeyRing;
  /** Distinguishes the list from the others of the application: a cursor of another list is refused. */
  readonly list: string;
  /** The columns of the sort, or several orders by name, as in `@Paginate({ sort })`. */
  readonly sort: PageSort;
  /** Whether cursors are encrypted, as in `@Paginate({ sealed })`. Default: false, they are signed. */
  readonly sealed?: boolean | undefined;
}

/** A list that is read by cursor. */
export interface SortedList {
  readonly keys: KeyRing;
  /** Distinguishes the list from the others of the application. */
  readonly name: string;
  readonly orders: SortOrders;
  readonly isSealed: boolean;
}

/** What the response of a sorted page depends on. */
export interface SortedPage {
  readonly names: ParameterNames;
  readonly cursors: Cursors;
  readonly direction: PageRequest['direction'];
  /** The key in the cursor of the request; undefined if there is none, or if it is the edge of the list. */
  readonly key: CursorKey | undefined;
  /** Whether the handler read `direction`, without which it cannot read backward. */
  isDirectionRead: boolean;
}

const sortedPages = new WeakMap<object, SortedPage>();

/** Undefined if the list has no sort. */
export function sortedPageOf(page: object): SortedPage | undefined {
  return sortedPages.get(page);
}

/** The rows and the direction of a page, without looking into its cursor. */
export function parseWindow(
  input: unknown,
  limits: CheckedLimits,
  names: ParameterNames,
  isSorted: boolean,
): PageWindow & Partial<Pick<PageRequest, 'direction'>> {
  const { counting, after, before, last } = names;
  if (!isSorted) return counting.parse(input, limits, after);
  const given = (name: string | undefined) => name !== undefined && isGiven(valueOf(input, name));
  const backward = [before, last].find(given);
  const cursor = backward ?? [after].find(given);
  if (cursor !== undefined) {
    const excluded = [...counting.positions.keys(), ...(backward ? [after, last && counting.limit] : [])];
    const other = excluded.find((name) => name !== undefined && isGiven(valueOf(input, name)));
    if (other !== undefined) throw new PageRequestError(cursor, `cannot be combined with ${other}`);
  }
  if (cursor === undefined) return counting.parse(input, limits, after);
  const direction = backward === undefined ? 'forward' : 'backward';
  const size = direction === 'backward' ? (last ?? counting.limit) : counting.limit;
  return { limit: parseLimit(input, size, limits), offset: 0, direction };
}

/**
 * Parses the page of a list, which is read by cursor if it is sorted.
 *
 * @throws PageRequestError naming the parameter as the client wrote it
 */
export function parsePage(
  input: unknown,
  limits: CheckedLimits,
  names: ParameterNames,
  list: SortedList | undefined,
): AnyPageRequest {
  const {
    limit,
    offset,
    page,
    direction = 'forward',
  } = parseWindow(input, limits, names, list !== undefined);
  const request = { limit, take: limit + 1, offset, page, after: undefined, direction, sort: undefined };
  if (list === undefined) return Object.freeze(request);
  const [sort, order] = list.orders.choose(input, names.sort);
  const cursors = new Cursors({ ...list, sort: order });
  const parameter = direction === 'backward' ? names.before : names.after;
  const cursor = parameter === undefined ? undefined : valueOf(input, parameter);
  const key = isGiven(cursor) ? cursors.decode(parameter!, cursor) : undefined;
  const sorted: SortedPage = { names, cursors, direction, key, isDirectionRead: false };
  const parsed =
    direction === 'forward' ? { ...request, sort, after: key } : backwardRequest(request, sort, sorted);
  sortedPages.set(Object.freeze(parsed), sorted);
  return parsed;
}

/** A handler that ignores the direction would send rows of another page, so that reading it is noticed. */
function backwardRequest(
  { limit, take }: Pick<AnyPageRequest, 'limit' | 'take'>,
  sort: string | undefined,
  sorted: SortedPage,
): AnyPageRequest {
  return {
    limit,
    take,
    offset: 0,
    sort,
    after: undefined,
    before: sorted.key,
    get direction() {
      sorted.isDirectionRead = true;
      return sorted.direction;
    },
  };
}
