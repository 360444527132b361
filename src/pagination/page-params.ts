import { ConfigDefinitionError } from '../config/index.js';
import { type Counting, OffsetCounting, PageCounting, RangeCounting, SpanCounting } from './counting.js';
import { pathOf } from './parameter-path.js';
import type { SortOrders } from './sort-order.js';

/**
 * The names of the page parameters, and thereby how clients count. Only what is named is read: every other parameter
 * belongs to the application. `page[size]` also names `size` inside `page`, since the extended query parser of Express
 * makes objects.
 *
 * Clients count in one of four ways: with `offset`; with `page`; with `start` and `end`; with `range`. The last two
 * include the page size and have no `limit`. With `offset` and cursors, a `limit` above the maximum is reduced. Clients
 * that count pages, or rows by index, would miss rows then: they get 400.
 *
 * @example
 * ```ts
 * ProductionConfigModule.forRoot({ pagination: { params: { limit: 'size', page: 'page' } } })
 * ```
 */
export interface PageParams {
  /** The page size, in rows. Default without a name: the page size of the route. */
  readonly limit?: string | undefined;
  /** The number of rows to skip. */
  readonly offset?: string | undefined;
  /** The number of the page, counted from `first`. Default of `first`: 1. */
  readonly page?:
    | string
    | {
        /** The name of the parameter. */
        readonly name: string;
        /** The number of the first page. */
        readonly first: 0 | 1;
      }
    | undefined;
  /** The index of the first row, from 0. */
  readonly start?: string | undefined;
  /** The index after the last row. */
  readonly end?: string | undefined;
  /** The indexes of the first and the last row as JSON, such as `[0,24]`. */
  readonly range?: string | undefined;
  /** On sorted routes: the cursor after which the page starts. */
  readonly after?: string | undefined;
  /** On sorted routes: the cursor before which the page ends. Their handlers have to read `page.direction`. */
  readonly before?: string | undefined;
  /** The size of a page that is read backward, as in Relay. Default: `limit` is that, too. */
  readonly last?: string | undefined;
  /** On routes with several orders: the name of the order. Default: 'sort'. */
  readonly sort?: string | undefined;
}

/** The checked names of the page parameters of a list. */
export class ParameterNames {
  /** The names that `forRoot()` and `@Paginate()` have without `params`. */
  static readonly DEFAULT = new ParameterNames({ limit: 'limit', offset: 'offset', after: 'after' });

  readonly counting: Counting;
  readonly after: string | undefined;
  readonly before: string | undefined;
  readonly last: string | undefined;
  readonly sort: string;
  /** All of them, also those that only sorted routes read. */
  readonly all: readonly string[];
  /** Those that every route reads. */
  private readonly unsorted: readonly string[];

  /** @throws ConfigDefinitionError if the names do not fit together */
  constructor(readonly params: PageParams) {
    const { after, before, last, sort = 'sort' } = params;
    this.counting = countingOf(params);
    this.after = after;
    this.before = before;
    this.last = last;
    this.sort = sort;
    const { limit, positions } = this.counting;
    this.unsorted = limit === undefined ? [...positions.keys()] : [limit, ...positions.keys()];
    this.all = [...this.unsorted, after, before, last, sort].filter((name) => name !== undefined);
    if (after === undefined && before !== undefined)
      refuse('before needs after: lists are read forward, too');
    if (before === undefined && last !== undefined)
      refuse('last is the size of a page before a cursor: name before');
    checkNames(this.all);
  }

  /** Those that a list reads; the others are filters of the application. */
  readBy(orders: SortOrders | undefined): readonly string[] {
    if (orders === undefined) return this.unsorted;
    return orders.names.length > 0 ? this.all : this.all.filter((name) => name !== this.sort);
  }
}

function countingOf({ limit, offset, page, start, end, range }: PageParams): Counting {
  const ways = [offset, page, start ?? end, range].filter((way) => way !== undefined);
  if (ways.length > 1) refuse('name one of offset, page, start with end, and range');
  if (limit !== undefined && (start ?? end ?? range) !== undefined) {
    refuse('start with end, and range, include the page size: omit limit');
  }
  if (range !== undefined) return new RangeCounting(range);
  if (start !== undefined && end !== undefined) return new SpanCounting(start, end);
  if (start !== undefined || end !== undefined) refuse('name both start and end');
  if (page === undefined) return new OffsetCounting(limit, offset);
  const { name, first } = typeof page === 'string' ? { name: page, first: 1 } : page;
  if (first !== 0 && first !== 1) refuse('first must be 0 or 1');
  return new PageCounting(limit, name, first);
}

function checkNames(names: readonly unknown[]): void {
  const paths = names.map((name) => pathOf(name) ?? refuse("a name is 'size' or 'page[size]', for example"));
  if (paths.some((path) => paths.some((other) => path !== other && startsWith(other, path)))) {
    refuse('each parameter needs a name of its own');
  }
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((step, index) => step === path[index]);
}

function refuse(problem: string): never {
  throw new ConfigDefinitionError(`params: ${problem}`);
}
