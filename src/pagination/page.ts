import { SHOWS_ALL } from '../config/index.js';
import type { CursorKey } from './cursor-key.js';
import { type PageRequest, cursorsOf } from './page-request.js';
import { PageError } from './page.error.js';

/** The `page` of a response. */
export interface PageInfo {
  /** The maximum number of rows on the page: the requested number, at most the route's maximum. */
  readonly limit: number;
  /** Whether more rows follow. */
  readonly hasMore: boolean;
  /** The cursor of the next page, for `?after=`; null if there is none. */
  readonly next: string | null;
  /** The number of rows in the list, if the handler counted them. */
  readonly total?: number;
}

/** The options of `Page.of()`. */
export interface PageOfOptions {
  /** The number of rows in the whole list. Counting reads them all, so pass it only if clients need it. */
  readonly total?: number | undefined;
}

/**
 * One page of a list, sent as `{ items, page: { limit, hasMore, next } }`. `PaginationInterceptor` adds a Link header
 * (RFC 8288) to the next page.
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
    /** The limit, the next cursor and so on. */
    readonly page: PageInfo,
    rows: number,
  ) {
    this.#rows = rows;
  }

  /**
   * Cuts the rows of a query to the page. Pass all `page.take` rows: the extra row shows that there is a next page.
   *
   * @param keyOf returns the sort key of a row, in the order of the list's `sort`; a timestamp as the database's text
   * @throws PageError if a key is missing or has a value that a cursor cannot hold, or if the last row of the page and
   * the row after it have the same key
   */
  static of<Row, Key extends CursorKey>(
    rows: readonly Row[],
    page: PageRequest<Key>,
    keyOf: (row: Row) => Readonly<NoInfer<Key>>,
    options?: PageOfOptions,
  ): Page<Row>;
  static of<Row>(rows: readonly Row[], page: PageRequest, options?: PageOfOptions): Page<Row>;
  static of<Row>(
    rows: readonly Row[],
    page: PageRequest<CursorKey>,
    keyOrOptions: ((row: Row) => unknown) | PageOfOptions = {},
    more: PageOfOptions = {},
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
    // The handler was told to read the extra row, so it is not counted.
    return new Page(cutRows(rows, limit), info, rows.length === limit + 1 ? limit : rows.length);
  }

  /**
   * How many rows the handler passed for a page, without the extra row; undefined if the value is not a Page.
   *
   * @internal
   */
  static rowsOf(value: object): number | undefined {
    return #rows in value ? value.#rows : undefined;
  }

  /**
   * The same page with fewer items and without a next cursor.
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

  /** The same page with each item changed, for example to drop columns that only the cursor needs. */
  map<Other>(change: (item: Item) => Other): Page<Other> {
    return new Page(
      this.items.map((item) => change(item)),
      this.page,
      this.#rows,
    );
  }

  /** The form that is sent and cached. */
  toJSON(): Pick<Page<Item>, 'items' | 'page'> {
    return { items: this.items, page: this.page };
  }
}

/** The `page` of an object, also of a Page from a cache, which is a plain object. */
export function pageInfoOf(body: unknown): PageInfo | undefined {
  const { page } = Object(body) as { page?: Partial<PageInfo> | null };
  return typeof page?.hasMore === 'boolean' && typeof page.limit === 'number'
    ? (page as PageInfo)
    : undefined;
}

/** Checks the key on every page, not only if more rows follow, so that a mistake shows with the first row. */
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
  const checkedKey = (row: Row): CursorKey => {
    const key = keyOf(row);
    const problem = cursors.sort.problemOf(key);
    if (problem !== undefined) throw keyError(`the key of a row ${problem}`);
    return key as CursorKey;
  };
  const [last, beyond] = [rows[Math.min(rows.length, page.limit) - 1], rows[page.limit]];
  if (last === undefined) return null;
  const end = checkedKey(last);
  if (page.after !== undefined && isSame(end, page.after)) {
    throw keyError('the page ends with the row after which it should start: use page.after in the query');
  }
  if (beyond === undefined) return null;
  if (isSame(end, checkedKey(beyond))) {
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

/** The first rows of a list. `slice` would call the constructor of a subclass of Array. */
export function cutRows<Row>(rows: readonly Row[], limit: number): Row[] {
  const cut: Row[] = [];
  for (let index = 0; index < rows.length && index < limit; index++) cut.push(rows[index]!);
  return cut;
}
