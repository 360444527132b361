import { SHOWS_ALL } from '../config/index.js';
import type { CursorKey } from './cursor-key.js';
import { cutPage, cutRows } from './page-cut.js';
import type { PageInfo } from './page-info.js';
import type { OffsetPage, PageRequest } from './page-request.js';
import { PageError } from './page.error.js';

/** The options of `Page.of()`. */
export interface PageOfOptions<Key extends CursorKey = CursorKey> {
  /** The number of rows in the whole list. Counting reads them all, so pass it only if clients need it. */
  readonly total?: number | undefined;
  /**
   * The sort key with which the source itself continues, such as that of DynamoDB's `LastEvaluatedKey`; null if it has
   * no more rows. Then read `page.limit` rows, without the extra one. Default: the key of the last row if there is an
   * extra one.
   */
  readonly next?: Readonly<Key> | null | undefined;
}

/** A row with its cursor. */
export interface PageEdge<Item> {
  /** The item. */
  readonly node: Item;
  /** Its place in the list, for `after` and `before`. */
  readonly cursor: string;
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

  readonly #origin: PageOrigin;

  private constructor(
    /** The rows, at most `page.limit`. */
    readonly items: Item[],
    /** The limit, the next cursor and so on. */
    readonly page: PageInfo,
    origin: PageOrigin,
  ) {
    this.#origin = origin;
  }

  /**
   * Cuts the rows of a query to the page. Pass all `page.take` rows: the extra row shows that there is a next page. The
   * rows of a page that is read backward are put into the order of the list.
   *
   * @param keyOf returns the sort key of a row, in the order of the list's `sort`; a timestamp as the database's text
   * @throws PageError if a key is missing or has a value that a cursor cannot hold, if the last row of the page and the
   * row after it have the same key, or if the page is read backward and the handler did not look at `page.direction`
   */
  static of<Row, Key extends CursorKey>(
    rows: readonly Row[],
    page: PageRequest<Key, string | undefined>,
    keyOf: (row: Row) => Readonly<NoInfer<Key>>,
    options?: PageOfOptions<NoInfer<Key>>,
  ): Page<Row>;
  static of<Row>(
    rows: readonly Row[],
    page: OffsetPage & { readonly after?: undefined },
    options?: Omit<PageOfOptions, 'next'>,
  ): Page<Row>;
  static of<Row>(
    rows: readonly Row[],
    page: OffsetPage,
    keyOrOptions: ((row: Row) => unknown) | PageOfOptions = {},
    more: PageOfOptions = {},
  ): Page<Row> {
    const [keyOf, { total, next }] =
      typeof keyOrOptions === 'function' ? [keyOrOptions, more] : [undefined, keyOrOptions];
    const { rows: items, info, cursorOf } = cutPage(rows, page, keyOf, next);
    // The handler was told to read the extra row, so it is not counted.
    const count = rows.length === page.limit + 1 ? page.limit : rows.length;
    return new Page(
      items,
      { ...info, ...totalOf(total) },
      {
        count,
        rows: items,
        cursorOf: cursorOf as PageOrigin['cursorOf'],
      },
    );
  }

  /**
   * How many rows the handler passed for a page, without the extra row; undefined if the value is not a Page.
   *
   * @internal
   */
  static rowsOf(value: object): number | undefined {
    return #origin in value ? value.#origin.count : undefined;
  }

  /**
   * The same page with fewer items and without a next cursor.
   *
   * @internal
   */
  cut(limit: number): Page<Item> {
    const page = { ...this.page, limit, hasMore: true, next: null };
    return new Page(cutRows(this.items, limit), page, this.#origin);
  }

  /** The same page with each item changed, for example to drop columns that only the cursor needs. */
  map<Other>(change: (item: Item) => Other): Page<Other> {
    const items = this.items.map((item) => change(item));
    return new Page(items, this.page, this.#origin);
  }

  /** The same page without some items. It may then be short or empty; the next page still follows. */
  filter(keep: (item: Item) => boolean): Page<Item> {
    const kept = this.items.map((item) => keep(item));
    const items = this.items.filter((_item, index) => kept[index]);
    const rows = this.#origin.rows.filter((_row, index) => kept[index]);
    return new Page(items, this.page, { ...this.#origin, rows });
  }

  /**
   * The items, each with its own cursor, as in a Relay connection.
   *
   * @throws PageError if the list has no sort
   */
  edges(): PageEdge<Item>[] {
    const cursorAt = this.cursors();
    return this.items.map((node, index) => ({ node, cursor: cursorAt(index) }));
  }

  /**
   * The cursor before which the previous page ends: that of the first item, unless `filter()` removed it. Null if the page
   * is empty and none precedes it.
   *
   * @throws PageError if the list has no sort
   */
  get startCursor(): string | null {
    const cursorAt = this.cursors();
    return this.page.previous ?? (this.items.length === 0 ? null : cursorAt(0));
  }

  /**
   * The cursor after which the next page starts: that of the last item, unless `filter()` removed it. Null if the page is
   * empty and none follows.
   *
   * @throws PageError if the list has no sort
   */
  get endCursor(): string | null {
    const cursorAt = this.cursors();
    return this.page.next ?? (this.items.length === 0 ? null : cursorAt(this.items.length - 1));
  }

  /** The form that is sent and cached. */
  toJSON(): Pick<Page<Item>, 'items' | 'page'> {
    return { items: this.items, page: this.page };
  }

  private cursors(): (index: number) => string {
    const { rows, cursorOf } = this.#origin;
    if (cursorOf !== undefined) return (index) => cursorOf(rows[index]);
    throw new PageError(
      'ERR_PAGE_KEY',
      'Page: the list has no cursors; give it a sort, and pass Page.of(rows, page, (row) => [...])',
    );
  }
}

/** The rows of a page, from before `map()`. */
interface PageOrigin {
  /** How many rows the handler passed, without the extra row. */
  readonly count: number;
  readonly rows: readonly unknown[];
  readonly cursorOf: ((row: unknown) => string) | undefined;
}

function totalOf(total: number | undefined): { total?: number } {
  if (total === undefined) return {};
  if (Number.isSafeInteger(total) && total >= 0) return { total };
  const hint =
    typeof total === 'number' ? '' : '; a database may return a count as text or bigint: Number(count)';
  throw new PageError('ERR_PAGE_TOTAL', `Page.of(): total must be a whole number, at least 0${hint}`);
}
