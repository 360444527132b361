import type { CursorKey } from './cursor-key.js';
import { type OffsetPage, type SortedPage, sortedPageOf } from './page-request.js';
import { PageError } from './page.error.js';
import type { PageInfo } from './page-info.js';

/** The rows of a page in the order of the list, and what surrounds them. */
export interface CutPage<Row> {
  readonly rows: Row[];
  readonly info: PageInfo;
  /** The cursor of a row; undefined if the list has no cursors. */
  readonly cursorOf: ((row: Row) => string) | undefined;
}

/** The key with which the source itself continues, null if it has no more rows. */
export type SourceKey = CursorKey | null | undefined;

/**
 * Cuts the rows of a query to the page, and makes the cursors of its neighbours.
 *
 * @throws PageError
 */
export function cutPage<Row>(
  rows: readonly Row[],
  page: OffsetPage,
  keyOf: ((row: Row) => unknown) | undefined,
  sourceKey: SourceKey,
): CutPage<Row> {
  const { limit } = page;
  const sorted = sortedPageOf(page);
  const hasMore = sourceKey === undefined ? rows.length > limit : sourceKey !== null;
  if (sourceKey !== undefined && rows.length > limit) {
    throw keyError('the rows after page.limit would be lost: with `next`, read page.limit rows');
  }
  if (sorted === undefined && keyOf === undefined && !sourceKey) {
    return { rows: cutRows(rows, limit), info: { limit, hasMore, next: null }, cursorOf: undefined };
  }
  if (sorted === undefined) {
    throw keyError(
      'the list has no cursors: write @Paginate({ sort: [...] }), and pass the page object unchanged',
    );
  }
  if (keyOf === undefined) {
    throw keyError('the list is sorted: pass the sort key of a row, Page.of(rows, page, (row) => [...])');
  }
  const keys = new RowKeys(keyOf, sorted);
  // Checked on every page, not only if more rows follow, so that a mistake shows with the first row.
  const end = keys.endOf(rows, limit);
  const further = sourceKey ? keys.checkSource(sourceKey) : hasMore ? end : undefined;
  const cut = cutRows(rows, limit);
  if (sorted.direction === 'backward') cut.reverse();
  const info = { limit, ...neighboursOf(cut, page, sorted, keys, further) };
  return { rows: cut, info, cursorOf: (row) => sorted.cursors.encode(keys.of(row)) };
}

/** The first rows of a list. `slice` would call the constructor of a subclass of Array. */
export function cutRows<Row>(rows: readonly Row[], limit: number): Row[] {
  const cut: Row[] = [];
  for (let index = 0; index < rows.length && index < limit; index++) cut.push(rows[index]!);
  return cut;
}

/**
 * The cursors of the next and the previous page. The side from which the client came always has one, because the row at
 * the cursor of the request is there. An empty page has no row for that cursor: it uses the cursor of its other side, or
 * the edge of the list.
 *
 * @param further the key with which the page continues in its direction; undefined if it is the last one there
 */
function neighboursOf<Row>(
  cut: readonly Row[],
  { offset }: OffsetPage,
  { names, cursors, direction, key }: SortedPage,
  keys: RowKeys<Row>,
  further: CursorKey | undefined,
): Pick<PageInfo, 'hasMore' | 'next' | 'previous'> {
  const isBackward = direction === 'backward';
  const nearest = isBackward ? cut.at(-1) : cut[0];
  const hasNearer = key !== undefined || offset > 0;
  const nearer = hasNearer ? (nearest === undefined ? (further ?? EDGE) : keys.of(nearest)) : undefined;
  const [next, previous] = isBackward ? [nearer, further] : [further, nearer];
  const cursor = (at: CursorKey | undefined) => (at === undefined ? null : cursors.encode(at));
  return {
    hasMore: next !== undefined,
    next: names.after === undefined ? null : cursor(next),
    ...(names.before !== undefined && { previous: cursor(previous) }),
  };
}

const EDGE: CursorKey = [];

/** The sort keys of the rows of a page. */
class RowKeys<Row> {
  constructor(
    private readonly keyOf: (row: Row) => unknown,
    private readonly sorted: SortedPage,
  ) {}

  of(row: Row): CursorKey {
    return this.check(this.keyOf(row));
  }

  check(key: unknown): CursorKey {
    const problem = this.sorted.cursors.problemOf(key);
    if (problem !== undefined) throw keyError(`the key of a row ${problem}`);
    return key as CursorKey;
  }

  /** The key with which the source continues. It would never end if that was the cursor of the request. */
  checkSource(key: CursorKey): CursorKey {
    if (this.sorted.key !== undefined && isSame(this.check(key), this.sorted.key)) {
      throw keyError('`next` is the key of the page itself, so that clients would get this page again');
    }
    return this.check(key);
  }

  /** The key of the last row of the page, in the order of the query. */
  endOf(rows: readonly Row[], limit: number): CursorKey | undefined {
    const { key, direction, isDirectionRead } = this.sorted;
    if (direction === 'backward' && !isDirectionRead) {
      throw new PageError(
        'ERR_PAGE_DIRECTION',
        'Page.of(): the client reads backward, but the handler did not look at page.direction: reverse its query then',
      );
    }
    const [last, beyond] = [rows[Math.min(rows.length, limit) - 1], rows[limit]];
    if (last === undefined) return undefined;
    const end = this.of(last);
    if (key !== undefined && (isSame(end, key) || isSame(this.of(rows[0]!), key))) {
      throw keyError(
        direction === 'forward'
          ? 'the page contains the row after which it should start: use page.after in the query'
          : 'the page contains the row before which it should end: use page.before in the query',
      );
    }
    if (beyond !== undefined && isSame(end, this.of(beyond))) {
      throw keyError(
        'two rows have the same sort key, so the second would be lost: add a unique column at the end of sort',
      );
    }
    return end;
  }
}

const isSame = (key: CursorKey, other: CursorKey) =>
  key.every((value, index) => Object.is(value, other[index]));

const keyError = (problem: string) => new PageError('ERR_PAGE_KEY', `Page.of(): ${problem}`);
