import { Controller, Get, Module, type Type, Query, UseInterceptors } from '@nestjs/common';
import {
  Page,
  type PageParams,
  type PageRequest,
  Paginate,
  type PaginateOptions,
  PaginationInterceptor,
  type PaginationOptions,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { SECRET_KEY } from './keys.js';

export const PAGE_SIZE = 10;
export const MAX_PAGE_SIZE = 25;

/** The ids of a list. */
export const IDS: readonly number[] = Array.from({ length: 123 }, (_, id) => id);

/** The names that a client uses, and how it counts with them. */
export interface Dialect {
  readonly name: string;
  readonly params: PageParams;
  /** The parameters as the client writes them. */
  readonly names: readonly string[];
  /** The query of the page that starts at an offset; undefined if only cursors lead there. */
  readonly at: ((offset: number, size: number) => string) | undefined;
  /** A query for a number of rows. */
  readonly sized: (size: number) => string;
  /** Whether a page that is too large is refused instead of reduced, and which parameter is named. */
  readonly refuses: string | undefined;
}

export const DIALECTS: readonly Dialect[] = [
  {
    name: 'numbered pages',
    params: { limit: 'size', page: 'page' },
    names: ['size', 'page'],
    at: (offset, size) => `size=${size}&page=${offset / size + 1}`,
    sized: (size) => `size=${size}`,
    refuses: 'size',
  },
  {
    name: 'pages numbered from 0',
    params: { limit: 'size', page: { name: 'page', first: 0 } },
    names: ['size', 'page'],
    at: (offset, size) => `page=${offset / size}&size=${size}`,
    sized: (size) => `size=${size}`,
    refuses: 'size',
  },
  {
    name: 'start and end',
    params: { start: '_start', end: '_end' },
    names: ['_start', '_end'],
    at: (offset, size) => `_start=${offset}&_end=${offset + size}`,
    sized: (size) => `_end=${size}`,
    refuses: '_end',
  },
  {
    name: 'a range',
    params: { range: 'range' },
    names: ['range'],
    at: (offset, size) => `range=[${offset},${offset + size - 1}]`,
    sized: (size) => `range=%5B0%2C%20${size - 1}%5D`,
    refuses: 'range',
  },
  {
    name: 'numbered pages of JSON:API',
    params: { limit: 'page[size]', page: 'page[number]' },
    names: ['page[size]', 'page[number]'],
    at: (offset, size) => `page[number]=${offset / size + 1}&page%5Bsize%5D=${size}`,
    sized: (size) => `page[size]=${size}`,
    refuses: 'page[size]',
  },
  {
    name: 'cursors of JSON:API',
    params: { limit: 'page[size]', after: 'page[after]', before: 'page[before]' },
    names: ['page[size]', 'page[after]', 'page[before]'],
    at: undefined,
    sized: (size) => `page[size]=${size}`,
    refuses: undefined,
  },
  {
    name: 'cursors of Relay',
    params: { limit: 'first', after: 'after', last: 'last', before: 'before' },
    names: ['first', 'after', 'last', 'before'],
    at: undefined,
    sized: (size) => `first=${size}`,
    refuses: undefined,
  },
  {
    name: 'the default names',
    params: { limit: 'limit', offset: 'offset', after: 'after' },
    names: ['limit', 'offset', 'after'],
    at: (offset, size) => `limit=${size}&offset=${offset}`,
    sized: (size) => `limit=${size}`,
    refuses: undefined,
  },
];

/** The rows of a page of a sorted list. */
export function sortedRows({ take, offset, after, before, direction }: PageRequest<[number]>) {
  const [low, high] = [after?.[0] ?? -1, before?.[0] ?? Infinity];
  const rest = IDS.filter((id) => id > low && id < high);
  const inOrder = direction === 'backward' ? rest.toReversed() : rest;
  return inOrder.slice(offset, offset + take).map((id) => ({ id }));
}

/** A controller of lists, which send what they see of the query. */
export function listController(options: PaginateOptions = {}): Type {
  @Controller()
  @UseInterceptors(PaginationInterceptor)
  class ListController {
    @Get('counted')
    counted(@Paginate(options) { offset, take, ...page }: PageRequest, @Query() query: object) {
      const rows = IDS.slice(offset, offset + take).map((id) => ({ id, query, number: page.page }));
      return Page.of(rows, { ...page, offset, take, after: undefined }, { total: IDS.length });
    }

    @Get('bare')
    bare(@Paginate(options) { offset, take }: PageRequest) {
      return IDS.slice(offset, offset + take).map((id) => ({ id }));
    }

    @Get('sorted')
    sorted(@Paginate({ ...options, sort: ['id'] }) page: PageRequest<[number]>, @Query() query: object) {
      return Page.of(sortedRows(page), page, ({ id }) => [id]).map((row) => ({ ...row, query }));
    }
  }
  return ListController;
}

/** An application with these lists, and nothing else. */
export function listModule(pagination: PaginationOptions, options?: PaginateOptions): Type {
  const env = {
    NODE_ENV: 'production',
    SECRET_KEY,
    PAGE_SIZE: String(PAGE_SIZE),
    MAX_PAGE_SIZE: String(MAX_PAGE_SIZE),
  };

  @Module({
    imports: [ProductionConfigModule.forRoot({ env, pagination })],
    controllers: [listController(options)],
  })
  class ListModule {}
  return ListModule;
}
