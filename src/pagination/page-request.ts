import type { KeyRing } from '../keys/index.js';
import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import type { CheckedLimits } from './page-limits.js';
import { PageRequestError } from './page.error.js';

/**
 * The page that the client may have: complete, within the limits, and frozen. `Key` is the sort key of a row, if the
 * list is read by cursor: `PageRequest<[string, bigint]>`.
 */
export interface PageRequest<Key extends CursorKey = never> {
  /** The maximum number of rows in the response. */
  readonly limit: number;
  /** `limit + 1`, for the LIMIT of the query: the extra row shows that there is a next page. */
  readonly take: number;
  /** The number of rows to skip; 0 with a cursor. */
  readonly offset: number;
  /** The sort key of the row after which the page starts; undefined without a cursor. */
  readonly after?: Readonly<Key> | undefined;
}

/** The page without its cursor: the parameter type of services that read by offset alone. */
export type OffsetPage = Omit<PageRequest, 'after'>;

/** Identifies a list and its order for `resolvePage()`. `@Paginate({ sort })` knows this by itself. */
export interface CursorScope {
  /** The injected ring, which signs the cursors. */
  readonly keys: KeyRing;
  /** Distinguishes the list from the others of the application: a cursor of another list is refused. */
  readonly list: string;
  /** The columns of the sort, as in `@Paginate({ sort })`. */
  readonly sort: readonly string[];
}

const cursors = new WeakMap<object, Cursors>();

/** The cursors of the page's list; undefined without a sort. */
export function cursorsOf(page: PageRequest<CursorKey>): Cursors | undefined {
  return cursors.get(page);
}

/** Parses `offset` and the page size, which is named `limit` or `first`. */
export function parsePage(
  input: unknown,
  { pageSize, maxPageSize, maxOffset }: CheckedLimits,
  size: 'limit' | 'first' = 'limit',
): PageRequest {
  const { [size]: limitInput, offset: offsetInput } = Object(input) as Record<string, unknown>;
  const limit = isGiven(limitInput) ? Math.min(parseWholeNumber(size, limitInput, 1), maxPageSize) : pageSize;
  const offset = isGiven(offsetInput) ? parseWholeNumber('offset', offsetInput, 0) : 0;
  // A clamped offset would return a different page than requested.
  if (offset > maxOffset) {
    const hint = 'to read further, use a cursor (after) if the list has one';
    throw new PageRequestError('offset', `must be at most ${maxOffset}: ${hint}`);
  }
  return Object.freeze({ limit, take: limit + 1, offset });
}

/** Parses `after`, which excludes `offset`. */
export function parseCursorPage(input: unknown, page: OffsetPage, list: Cursors): PageRequest<CursorKey> {
  const { after, offset } = Object(input) as Record<string, unknown>;
  if (isGiven(after) && isGiven(offset)) {
    throw new PageRequestError('after', 'cannot be combined with offset');
  }
  const { limit, take } = page;
  const parsed = Object.freeze(
    isGiven(after) ? { limit, take, offset: 0, after: list.decode(after) } : { ...page, after: undefined },
  );
  cursors.set(parsed, list);
  return parsed;
}

/** An omitted argument of GraphQL is null. */
export function isGiven(parameter: unknown): boolean {
  return parameter !== undefined && parameter !== null;
}

/** Number() would accept '', '1e3' and '0x10', and parseInt '10abc'. A repeated parameter is an array. */
function parseWholeNumber(parameter: 'limit' | 'first' | 'offset', value: unknown, least: number): number {
  // Schema validation may already have converted it to a number.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^[0-9]+$/.test(text) || Number(text) < least) {
    throw new PageRequestError(parameter, `must be a whole number, at least ${least}`);
  }
  return Number(text);
}
