import type { KeyRing } from '../keys/index.js';
import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import type { CheckedLimits } from './page-limits.js';
import { PageRequestError } from './page.error.js';

/**
 * A page as the client may have it: whole, bounded and frozen. `Key` is the sort key of a row, where the list is read
 * by cursor: `PageRequest<[string, bigint]>`.
 */
export interface PageRequest<Key extends CursorKey = never> {
  /** The most rows the answer may hold. */
  readonly limit: number;
  /** `limit + 1`: what a query should ask for, since the row beyond the page tells that there are more. */
  readonly take: number;
  /** Rows to pass over; 0 with a cursor. */
  readonly offset: number;
  /** The sort key of the row behind which the page begins; undefined where it does not begin behind a row. */
  readonly after?: Readonly<Key> | undefined;
}

/** What every page has, sorted or not: for what needs no more of it. */
export type PageBounds = Omit<PageRequest, 'after'>;

/** Where a list gets its cursors: what `@Paginate({ sort })` knows by itself. */
export interface CursorScope {
  /** The injected ring, which signs the cursors. */
  readonly keys: KeyRing;
  /** Tells the list from the others of the application: a cursor of another list is refused. */
  readonly list: string;
  /** By what it is sorted, as in `@Paginate({ sort })`. */
  readonly sort: readonly string[];
}

const cursors = new WeakMap<object, Cursors>();

/** What makes the cursors of a page's list; undefined where it has no sort. */
export function cursorsOf(page: PageRequest<CursorKey>): Cursors | undefined {
  return cursors.get(page);
}

/** `offset`, and the number of rows, which goes by the name of `limit` or of `first`. */
export function readBounds(
  input: unknown,
  { pageSize, maxPageSize, maxOffset }: CheckedLimits,
  size: 'limit' | 'first' = 'limit',
): PageRequest {
  const { [size]: wanted, offset: skipped } = Object(input) as Record<string, unknown>;
  const limit = isGiven(wanted) ? Math.min(wholeNumber(size, wanted, 1), maxPageSize) : pageSize;
  const offset = isGiven(skipped) ? wholeNumber('offset', skipped, 0) : 0;
  // Clamping would answer with another page than the one that was asked for.
  if (offset > maxOffset) {
    const hint = 'to read further, use a cursor (after) if the list has one';
    throw new PageRequestError('offset', `must be at most ${maxOffset}: ${hint}`);
  }
  return Object.freeze({ limit, take: limit + 1, offset });
}

/** `after`, which a page has instead of `offset`. */
export function readCursor(input: unknown, page: PageBounds, list: Cursors): PageRequest<CursorKey> {
  const { after, offset } = Object(input) as Record<string, unknown>;
  if (isGiven(after) && isGiven(offset)) {
    throw new PageRequestError('after', 'cannot be combined with offset');
  }
  const { limit, take } = page;
  const read = Object.freeze(
    isGiven(after) ? { limit, take, offset: 0, after: list.decode(after) } : { ...page, after: undefined },
  );
  cursors.set(read, list);
  return read;
}

/** The arguments of GraphQL are null where they are not given. */
export function isGiven(parameter: unknown): boolean {
  return parameter !== undefined && parameter !== null;
}

/** Number() would take '', '1e3' and '0x10', and parseInt '10abc'; a repeated parameter arrives as an array. */
function wholeNumber(parameter: 'limit' | 'first' | 'offset', value: unknown, least: number): number {
  // What is checked against a schema before may be a number already.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^[0-9]+$/.test(text) || Number(text) < least) {
    throw new PageRequestError(parameter, `must be a whole number, at least ${least}`);
  }
  return Number(text);
}
