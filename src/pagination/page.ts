import { SHOWS_ALL } from '../config/index.js';
import type { CursorKey } from './cursor-key.js';
import { type PageRequest, cursorsOf } from './page-request.js';
import { PageError } from './page.error.js';

/** What an answer says of its page. */
export interface PageInfo {
  /** The most rows that the page could hold: what was asked for, as far as it was granted. */
  readonly limit: number;
  /** Whether rows follow. */
  readonly hasMore: boolean;
  /** The cursor of the next page, for `?after=`; null where there is none. */
  readonly next: string | null;
  /** How many rows the list has, where the handler counted them. */
  readonly total?: number;
}

/** What `Page.of` takes beside the rows. */
export interface PageOptions {
  /** How many rows the whole list has. Counting reads them all, so give it only where clients need it. */
  readonly total?: number | undefined;
}

/**
 * One page of a list, as it is sent: `{ items, page: { limit, hasMore, next } }`. Under `PaginationInterceptor` the
 * answer has a Link header (RFC 8288) to the next page too.
 *
 * @example
 * ```ts
 * @Get()
 * async list(
 *   @Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>,
 * ): Promise<Page<Order>> {
 *   return Page.of(await this.orders.behind(page), page, (row) => [row.createdAt, row.id]);
 * }
 * ```
 */
export class Page<Item> {
  static {
    Object.defineProperty(this.prototype, SHOWS_ALL, { value: true });
  }

  readonly #rows: number;

  private constructor(
    /** The rows, at most `page.limit`. */
    readonly items: Item[],
    /** What the answer says of them. */
    readonly page: PageInfo,
    rows: number,
  ) {
    this.#rows = rows;
  }

  /**
   * Cuts the rows of a query to the page. Give it all `page.take` of them: the row beyond the page tells that more
   * follow.
   *
   * @param keyOf the sort key of a row, in the order of the list's `sort`; a timestamp as the database's text
   * @throws PageError when a key is missing or holds what no cursor can, or the row beyond the page has the key of its last
   * one
   */
  static of<Row, Key extends CursorKey>(
    rows: readonly Row[],
    page: PageRequest<Key>,
    keyOf: (row: Row) => Readonly<NoInfer<Key>>,
    options?: PageOptions,
  ): Page<Row>;
  static of<Row>(rows: readonly Row[], page: PageRequest, options?: PageOptions): Page<Row>;
  static of<Row>(
    rows: readonly Row[],
    page: PageRequest<CursorKey>,
    keyOrOptions: ((row: Row) => unknown) | PageOptions = {},
    more: PageOptions = {},
  ): Page<Row> {
    const [keyOf, { total }] =
      typeof keyOrOptions === 'function' ? [keyOrOptions, more] : [undefined, keyOrOptions];
    const { limit } = page;
    const info = {
      limit,
      hasMore: rows.length > limit,
      next: nextCursor(rows, page, keyOf),
      ...totalOf(total),
    };
    // The row beyond the page is one that was asked for.
    return new Page(cutRows(rows, limit), info, rows.length === limit + 1 ? limit : rows.length);
  }

  /**
   * How many rows the handler had for a page, without the one beyond it; undefined for what is none.
   *
   * @internal
   */
  static rowsOf(value: object): number | undefined {
    return #rows in value ? value.#rows : undefined;
  }

  /**
   * The same page with fewer items, which no cursor leads on from.
   *
   * @internal
   */
  cut(limit: number): Page<Item> {
    return new Page(
      cutRows(this.items, limit),
      { ...this.page, limit, hasMore: true, next: null },
      this.#rows,
    );
  }

  /** The same page with other items, such as rows without the columns that only the cursor needs. */
  map<Other>(change: (item: Item) => Other): Page<Other> {
    return new Page(
      this.items.map((item) => change(item)),
      this.page,
      this.#rows,
    );
  }

  /** What is sent, and what a cache keeps. */
  toJSON(): Pick<Page<Item>, 'items' | 'page'> {
    return { items: this.items, page: this.page };
  }
}

/** What an object says of its page: of one that came out of a cache, too, and is no instance of its class any more. */
export function pageInfoOf(body: unknown): PageInfo | undefined {
  const { page } = Object(body) as { page?: Partial<PageInfo> | null };
  return typeof page?.hasMore === 'boolean' && typeof page.limit === 'number'
    ? (page as PageInfo)
    : undefined;
}

/** Checks the key on every page, not only where more rows follow: a mistake shows with the first row. */
function nextCursor<Row>(
  rows: readonly Row[],
  page: PageRequest<CursorKey>,
  keyOf: ((row: Row) => unknown) | undefined,
): string | null {
  const cursors = cursorsOf(page);
  if (cursors === undefined && keyOf === undefined) return null;
  if (cursors === undefined) {
    throw keyError(
      'the list has no cursors: write @Paginate({ sort: [...] }), and pass the page object unchanged',
    );
  }
  if (keyOf === undefined) {
    throw keyError('the list is sorted: pass the sort key of a row, Page.of(rows, page, (row) => [...])');
  }
  const key = (row: Row): CursorKey => {
    const made = keyOf(row);
    const problem = cursors.sort.problemOf(made);
    if (problem !== undefined) throw keyError(`the key of a row ${problem}`);
    return made as CursorKey;
  };
  const [last, beyond] = [rows[Math.min(rows.length, page.limit) - 1], rows[page.limit]];
  if (last === undefined) return null;
  const end = key(last);
  if (page.after !== undefined && isSame(end, page.after)) {
    throw keyError('the page ends with the row after which it should start: use page.after in the query');
  }
  if (beyond === undefined) return null;
  if (isSame(end, key(beyond))) {
    throw keyError(
      'two rows have the same sort key, so the second would be lost: add a unique column at the end of sort',
    );
  }
  return cursors.encode(end);
}

const isSame = (key: CursorKey, other: CursorKey) =>
  key.every((value, index) => Object.is(value, other[index]));

function totalOf(total: number | undefined): { total?: number } {
  if (total === undefined) return {};
  if (Number.isSafeInteger(total) && total >= 0) return { total };
  const hint =
    typeof total === 'number' ? '' : '; a database may return a count as text or bigint: Number(count)';
  throw new PageError('ERR_PAGE_TOTAL', `Page.of(): total must be a whole number, at least 0${hint}`);
}

const keyError = (problem: string) => new PageError('ERR_PAGE_KEY', `Page.of(): ${problem}`);

/** The first rows of a list. Not `slice`, which asks a subclass of Array for its constructor. */
export function cutRows<Row>(rows: readonly Row[], limit: number): Row[] {
  const cut: Row[] = [];
  for (let index = 0; index < rows.length && index < limit; index++) cut.push(rows[index]!);
  return cut;
}
