import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Page,
  Paginate,
  PaginationInterceptor,
  resolvePage,
  type PageRequest,
} from 'nestjs-production-config';
import { ringOf } from './support/fleet.ring.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { rowsBehind } from './support/sorted-rows.js';

interface Row {
  readonly id: string;
  readonly at: string;
  readonly name: string;
}

/** Sorted by time, their names are in the opposite order. */
const ROWS: readonly Row[] = Array.from({ length: 20 }, (_, index) => ({
  id: String(index).padStart(2, '0'),
  at: `2026-01-01 00:00:00.${String(Math.floor(index / 3)).padStart(6, '0')}`,
  name: `name ${99 - index}`,
}));
const BY_NAME = ROWS.toReversed();

const ORDERS = { oldest: ['at', 'id'], name: ['name:asc:string'] };
type Oldest = PageRequest<[at: string, id: string], 'oldest'>;
type ByName = PageRequest<[name: string], 'name'>;

function pageOf(page: Oldest | ByName): Page<Row> {
  if (page.sort === 'name') {
    const keyOf = ({ name }: Row): [string] => [name];
    return Page.of(rowsBehind(BY_NAME, page, keyOf), page, keyOf);
  }
  const keyOf = ({ at, id }: Row): [string, string] => [at, id];
  return Page.of(rowsBehind(ROWS, page, keyOf), page, keyOf);
}

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get()
  list(@Paginate({ sort: ORDERS }) page: Oldest | ByName) {
    return pageOf(page);
  }

  @Get('renamed')
  renamed(
    @Paginate({
      sort: ORDERS,
      params: { limit: 'limit', after: 'after', before: 'before', sort: 'order[by]' },
    })
    page: Oldest | ByName,
  ) {
    return pageOf(page);
  }

  @Get('single')
  single(@Paginate({ sort: ORDERS.oldest }) page: PageRequest<[string, string]>) {
    return Page.of([], page, () => ['', '']).map(() => page.sort);
  }
}

const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);

describe.each(ADAPTERS)('on %s', (adapter) => {
  const start = async () => {
    const { url } = await startApp(adapter, [RowsController]);
    const read = async (target: string) => {
      const { status, link, body } = await readAnswer(`${url}/rows${target}`);
      const { items, page } = body as Page<Row>;
      const to = (rel: string) => new RegExp(`<([^>]*)>; rel="${rel}"`).exec(link ?? '')?.[1];
      return { status, body: body as unknown, items, page, next: to('next'), prev: to('prev') };
    };
    return read;
  };

  it.each([
    ['', '', ROWS],
    ['', '&sort=oldest', ROWS],
    ['', '&sort=name', BY_NAME],
    ['/renamed', '', ROWS],
    ['/renamed', '&order%5Bby%5D=name', BY_NAME],
    ['/renamed', '&order[by]=name', BY_NAME],
  ])(
    'a walk over %j with %j has that order from the first page to the last',
    async (path, order, expected) => {
      const read = await start();
      const ids: string[] = [];
      let target: string | undefined = `?limit=6${order}`;
      while (target !== undefined) {
        const answer = await read(`${path}${target}`);
        expect(answer.status).toBe(200);
        ids.push(...idsOf(answer.items));
        target = answer.next;
        if (target !== undefined) expect(target.endsWith(order)).toBe(true);
      }
      expect(ids).toEqual(idsOf(expected));
    },
  );

  it('the link to the previous page keeps the order', async () => {
    const read = await start();
    const first = await read('/renamed?order[by]=name&limit=6');
    const second = await read(`/renamed${first.next}`);
    expect(idsOf((await read(`/renamed${second.prev}`)).items)).toEqual(idsOf(first.items));
  });

  it.each([
    ['', 'sort', ['sort=age', 'sort=', 'sort=name&sort=name', 'sort=NAME', 'sort=constructor', 'sort=0']],
    ['/renamed', 'order[by]', ['order[by]=age', 'order%5Bby%5D=age']],
  ])('an unknown order of %j is a 400 that names %s and the orders', async (path, parameter, queries) => {
    const read = await start();
    for (const query of queries) {
      const { status, body } = await read(`${path}?${query}`);
      expect({ query, status, body }).toMatchObject({
        query,
        status: 400,
        body: {
          code: 'ERR_PAGE_REQUEST',
          parameter,
          message: `${parameter} must be one of oldest, name`,
        },
      });
    }
  });

  it('a cursor of another order is a 400', async () => {
    const read = await start();
    const { page } = await read('?limit=6&sort=name');
    expect((await read(`?sort=name&after=${page.next}`)).status).toBe(200);
    for (const query of [`?after=${page.next}`, `?sort=oldest&after=${page.next}`]) {
      expect(await read(query)).toMatchObject({ status: 400, body: { parameter: 'after' } });
    }
  });

  it('`sort` belongs to the application if the list has one order', async () => {
    const read = await start();
    expect((await read('/single?sort=anything')).status).toBe(200);
  });
});

describe('resolvePage() of a list with several orders', () => {
  const LIMITS = { pageSize: 6, maxPageSize: 60 };
  const keys = ringOf(SECRET_KEY);
  const resolve = (input: object, sort: Record<string, readonly string[]> = ORDERS) =>
    resolvePage<[string], 'oldest' | 'name'>(input, LIMITS, { keys, list: 'rows', sort });

  it('has the name of the chosen order, the first by default', () => {
    expect(resolve({}).sort).toBe('oldest');
    expect(resolve({ sort: null }).sort).toBe('oldest');
    expect(resolve({ sort: 'name' }).sort).toBe('name');
    expect(resolvePage<[string]>({ sort: 'name' }, LIMITS, { keys, list: 'rows', sort: ['id'] }).sort).toBe(
      undefined,
    );
    expect(() => resolve({ sort: 'age' })).toThrow('sort must be one of oldest, name');
    expect(() => resolve({ sort: 5 })).toThrow('sort must be one of oldest, name');
  });

  it('reads the name of the order also on a page that is read backward', () => {
    const params = { limit: 'first', after: 'after', last: 'last', before: 'before' };
    const page = resolvePage<[string], 'oldest' | 'name'>(
      { last: 2, sort: 'name' },
      { ...LIMITS, params },
      { keys, list: 'rows', sort: ORDERS },
    );
    expect([page.sort, page.direction]).toEqual(['name', 'backward']);
  });

  it.each([
    ['no order', {}],
    ['an order without columns', { newest: [] }],
    ['a column twice', { newest: ['id', 'id:desc'] }],
    ['a direction that does not exist', { newest: ['id:down'] }],
    ['columns as text', { newest: 'id' as never }],
  ])('refuses %s', (_what, sort) => {
    expect(() => resolve({}, sort)).toThrow(ConfigDefinitionError);
    expect(() => Paginate({ sort })).toThrow(ConfigDefinitionError);
  });
});
