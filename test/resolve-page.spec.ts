import { Body, Controller, Get, HttpCode, Inject, Post, Query, UseInterceptors } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ExternalContextCreator } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { Test } from '@nestjs/testing';
import { EMPTY, lastValueFrom, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  KeyRing,
  Page,
  PageRequestError,
  PageSize,
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  resolvePage,
  type PageRequest,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

const LIMITS = { pageSize: 20, maxPageSize: 60 };
const orders = { keys: ringOf(SECRET_KEY), list: 'orders', sort: ['id'] };

describe('resolvePage() for GraphQL arguments and messages', () => {
  it.each([
    [undefined, { limit: 20, take: 21, offset: 0, direction: 'forward' }],
    [null, { limit: 20, take: 21, offset: 0, direction: 'forward' }],
    ['text', { limit: 20, take: 21, offset: 0, direction: 'forward' }],
    [{}, { limit: 20, take: 21, offset: 0, direction: 'forward' }],
    [
      { limit: null, offset: null, after: null },
      { limit: 20, take: 21, offset: 0, direction: 'forward' },
    ],
    [
      { limit: 5, offset: 7 },
      { limit: 5, take: 6, offset: 7, direction: 'forward' },
    ],
    [
      { limit: '5', offset: '7' },
      { limit: 5, take: 6, offset: 7, direction: 'forward' },
    ],
    [{ limit: 1_000 }, { limit: 60, take: 61, offset: 0, direction: 'forward' }],
    [{ limit: Number.MAX_SAFE_INTEGER }, { limit: 60, take: 61, offset: 0, direction: 'forward' }],
    [{ offset: 10_000 }, { limit: 20, take: 21, offset: 10_000, direction: 'forward' }],
    [
      Object.assign(Object.create(null) as object, { limit: 3 }),
      { limit: 3, take: 4, offset: 0, direction: 'forward' },
    ],
  ])('reads %j', (input, page) => {
    const read = resolvePage(input, LIMITS);
    expect(read).toEqual(page);
    expect(Object.isFrozen(read)).toBe(true);
  });

  it.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: -1 }, 'limit'],
    [{ limit: 1.5 }, 'limit'],
    [{ limit: NaN }, 'limit'],
    [{ limit: Infinity }, 'limit'],
    [{ limit: true }, 'limit'],
    [{ limit: [5] }, 'limit'],
    [{ limit: { valueOf: () => 5 } }, 'limit'],
    [{ limit: '' }, 'limit'],
    [{ limit: 'x', offset: 'x' }, 'limit'],
    [{ offset: -1 }, 'offset'],
    [{ offset: 0.5 }, 'offset'],
    [{ offset: 10_001 }, 'offset'],
  ])('refuses %j with an error that names the argument', (input, parameter) => {
    const read = () => resolvePage(input, LIMITS);
    expect(read).toThrow(PageRequestError);
    expect(read).toThrow(expect.objectContaining({ code: 'ERR_PAGE_REQUEST', parameter }));
  });

  it.each([
    { pageSize: 0, maxPageSize: 10 },
    { pageSize: 2.5, maxPageSize: 10 },
    { pageSize: 20, maxPageSize: 10 },
    { pageSize: 20, maxPageSize: 1_001 },
    { pageSize: NaN, maxPageSize: 10 },
    { pageSize: 10, maxPageSize: Infinity },
    { ...LIMITS, maxOffset: -1 },
    { ...LIMITS, maxOffset: 0.5 },
    { ...LIMITS, maxOffset: NaN },
    { ...LIMITS, maxOffset: Infinity },
  ])('refuses limits that are out of range: %j', (limits) => {
    expect(() => resolvePage({}, limits)).toThrow(ConfigDefinitionError);
  });

  it('takes the maximum offset from the limits', () => {
    expect(resolvePage({ offset: 5 }, { ...LIMITS, maxOffset: 5 }).offset).toBe(5);
    expect(() => resolvePage({ offset: 6 }, { ...LIMITS, maxOffset: 5 })).toThrow('offset must be at most 5');
    expect(resolvePage({ offset: 0 }, { ...LIMITS, maxOffset: 0 }).offset).toBe(0);
  });

  it('accepts only valid cursors of the same list', () => {
    const first = resolvePage<[bigint]>({ limit: 2, after: null }, LIMITS, orders);
    expect(first.after).toBeUndefined();
    const { page } = Page.of([5n, 6n, 7n], first, (id) => [id]);
    const second = resolvePage<[bigint]>({ limit: 2, after: page.next, offset: null }, LIMITS, orders);
    expect(second).toEqual({ limit: 2, take: 3, offset: 0, after: [6n], direction: 'forward' });
    expect(Object.isFrozen(second)).toBe(true);
    const others = [
      { ...orders, list: 'invoices' },
      { ...orders, sort: ['id:desc'] },
      { ...orders, keys: ringOf(OTHER_KEYS[0]) },
    ];
    for (const other of others) {
      expect(() => resolvePage({ after: page.next }, LIMITS, other)).toThrow(PageRequestError);
    }
    expect(() => resolvePage({ after: page.next, offset: 0 }, LIMITS, orders)).toThrow('after cannot be');
    for (const after of ['', 5, [page.next], { after: page.next }, false]) {
      expect(() => resolvePage({ after }, LIMITS, orders)).toThrow(PageRequestError);
    }
  });

  it('accepts `first` of a GraphQL connection as the limit', () => {
    expect(resolvePage({ first: 5 }, LIMITS)).toEqual({ limit: 5, take: 6, offset: 0, direction: 'forward' });
    expect(resolvePage({ first: 1_000, last: null, before: null, limit: null }, LIMITS).limit).toBe(60);
    const { page } = Page.of([5, 6, 7], resolvePage<[number]>({ first: 2 }, LIMITS, orders), (id) => [id]);
    expect(resolvePage<[number]>({ first: 2, after: page.next }, LIMITS, orders).after).toEqual([6]);
  });

  it.each([
    [{ last: 5 }, 'last'],
    [{ first: 5, last: 5 }, 'last'],
    [{ before: 'a cursor' }, 'before'],
    [{ last: 5, before: 'a cursor' }, 'last'],
    [{ first: 5, limit: 5 }, 'first'],
    [{ first: 0 }, 'first'],
    [{ first: -1 }, 'first'],
    [{ first: '' }, 'first'],
  ])('refuses the connection arguments %j with an error that names the argument', (input, parameter) => {
    expect(() => resolvePage(input, LIMITS, orders)).toThrow(
      expect.objectContaining({ code: 'ERR_PAGE_REQUEST', parameter }),
    );
  });

  it('ignores `before` if the list has no cursors', () => {
    expect(resolvePage({ before: '2024-01-10' }, LIMITS).limit).toBe(20);
  });

  it('ignores `after` if the list has no cursors', () => {
    expect(resolvePage({ after: 'theirs' }, LIMITS)).toEqual({
      limit: 20,
      take: 21,
      offset: 0,
      direction: 'forward',
    });
  });
});

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get()
  list(@Paginate() page: PageRequest) {
    return page;
  }
}

interface Search {
  readonly limit?: number;
  readonly offset?: number;
  readonly after?: string;
}

/** The result of a pipe for a body: another object, with defaults. */
class SearchDto {
  limit = 5;
  offset = 0;
}

const rows = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }));

@Controller('search')
@UseInterceptors(PaginationInterceptor)
class SearchController {
  constructor(@Inject(KeyRing) private readonly keys: KeyRing) {}

  @Post('array')
  @HttpCode(200)
  array(@Body() body: Search) {
    const page = resolvePage(body, LIMITS);
    return rows(page.take, page.offset);
  }

  @Post('later')
  @HttpCode(200)
  async later(@Body() body: Search) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    const page = resolvePage(Object.assign(new SearchDto(), body), LIMITS);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return { items: rows(page.take, page.offset), total: 500 };
  }

  @Post('generated')
  @HttpCode(200)
  async *generated(@Body() body: Search) {
    const page = resolvePage(body, LIMITS);
    yield* rows(500, page.offset);
  }

  @Post('page')
  @HttpCode(200)
  page(@Body() body: Search) {
    const page = resolvePage<[number]>(body, LIMITS, this.scope());
    return Page.of(rows(page.take, page.after ? page.after[0] + 1 : page.offset), page, ({ id }) => [id]);
  }

  @Get('page')
  pageOf(@Query() query: Search) {
    const page = resolvePage<[number]>(query, LIMITS, this.scope());
    return Page.of(rows(page.take, page.after ? page.after[0] + 1 : page.offset), page, ({ id }) => [id]);
  }

  @Get('array')
  arrayOf(@Query() query: Search) {
    const page = resolvePage(Object.assign(new SearchDto(), query), LIMITS);
    return rows(page.take, page.offset);
  }

  @Get('renamed')
  renamed(@Query() { size, from }: { readonly size?: string; readonly from?: string }) {
    const page = resolvePage({ limit: size, offset: from }, LIMITS);
    return rows(page.take, page.offset);
  }

  @Post('narrow')
  @HttpCode(200)
  @PageSize(3, { max: 4 })
  narrow(@Body() body: Search) {
    const page = resolvePage(body, { ...LIMITS, maxOffset: 50 });
    return rows(page.take, page.offset);
  }

  /** Pages its list by the query, and also resolves a page for a part of the list. */
  @Get('both')
  both(@Paginate() page: PageRequest) {
    resolvePage({ limit: 1 }, LIMITS);
    return rows(page.take, page.offset);
  }

  private scope() {
    return { keys: this.keys, list: 'search', sort: ['id'] };
  }
}

describe.each(ADAPTERS)('in an HTTP handler on %s, resolvePage()', (adapter) => {
  const start = () =>
    startApp(adapter, [SearchController], {
      env: { PAGE_SIZE: '10', MAX_PAGE_SIZE: '40' },
      pagination: { overrun: 'error', maxOffset: 100 },
    });
  const post = async (url: string, body: Search) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
    const json = (await response.json()) as never;
    return { status: response.status, link: response.headers.get('link'), body: json };
  };

  it.each(['array', 'later', 'generated', 'page'])(
    'sets the number of rows of a search, which has no Link (%s)',
    async (path) => {
      const { url, logger } = await start();
      for (const [body, limit] of [
        [{ limit: 25, offset: 2 }, 25],
        [{ limit: 3 }, 3],
        [{ limit: 900 }, 40],
      ] as const) {
        const answer = await post(`${url}/search/${path}`, body);
        const items: unknown = Array.isArray(answer.body)
          ? answer.body
          : (answer.body as Page<unknown>).items;
        expect([answer.status, answer.link, items]).toEqual([
          200,
          null,
          rows(limit, 'offset' in body ? body.offset : 0),
        ]);
      }
      expect(logger.of('warn')).toEqual([]);
    },
  );

  it.each(['array', 'later', 'page'])('takes the maximum offset from forRoot() (%s)', async (path) => {
    const { url } = await start();
    expect((await post(`${url}/search/${path}`, { offset: 100 })).status).toBe(200);
    expect(await post(`${url}/search/${path}`, { offset: 101 })).toMatchObject({
      status: 400,
      body: { code: 'ERR_PAGE_REQUEST', parameter: 'offset' },
    });
  });

  it('applies the smaller of its own limits and those of its route', async () => {
    const { url } = await start();
    expect((await post(`${url}/search/narrow`, {})).body).toHaveLength(4);
    expect((await post(`${url}/search/narrow`, { limit: 50 })).body).toHaveLength(4);
    expect((await post(`${url}/search/narrow`, { offset: 51 })).status).toBe(400);
  });

  it('continues a search from the cursor in the body', async () => {
    const { url } = await start();
    const first = await post(`${url}/search/page`, { limit: 40 });
    const { next } = (first.body as Page<unknown>).page;
    const second = await post(`${url}/search/page`, { limit: 40, after: next! });
    expect(second.body).toMatchObject({ items: rows(40, 40), page: { limit: 40, hasMore: true } });
  });

  it('sets the Link of a list that is read by GET', async () => {
    const { url, logger } = await start();
    const first = await readAnswer(`${url}/search/page?limit=2&q=a`);
    const { next } = (first.body as Page<unknown>).page;
    expect(first.link).toBe(`<?limit=2&after=${next}&q=a>; rel="next"`);
    const second = await readAnswer(`${url}/search/page?limit=2&after=${next}&q=a`);
    expect(second.body).toMatchObject({ items: rows(2, 2) });
    expect(second.link).toContain('after=');
    expect((await readAnswer(`${url}/search/array`)).link).toBe('<?limit=5&offset=5>; rel="next"');
    expect((await readAnswer(`${url}/search/array?offset=5`)).link).toBe('<?limit=5&offset=10>; rel="next"');
    expect(logger.of('warn')).toEqual([]);
  });

  it('does not set a Link to the same page, and logs one warning', async () => {
    const { url, logger } = await start();
    expect((await readAnswer(`${url}/search/renamed?size=2&from=4`)).link).toBeNull();
    expect((await readAnswer(`${url}/search/renamed?limit=2&offset=2`)).link).toBeNull();
    expect(logger.of('warn')).toEqual([expect.stringContaining('SearchController.renamed has no Link')]);
  });

  it('does not change the page of @Paginate()', async () => {
    const { url } = await start();
    expect((await readAnswer(`${url}/search/both?limit=4`)).body).toEqual(rows(4));
  });

  it('keeps the pages of concurrent requests separate', async () => {
    const { url } = await start();
    const limits = Array.from({ length: 40 }, (_, index) => index + 1);
    const answers = await Promise.all(limits.map((limit) => post(`${url}/search/later`, { limit })));
    expect(answers.map(({ body }) => (body as Page<unknown>).items.length)).toEqual(limits);
  });
});

describe.each(['graphql', 'rpc', 'ws'] as const)('over %s', (type) => {
  it('the interceptor passes every value unchanged', async () => {
    const { app, logger } = await startApp('express', [RowsController]);
    const interceptor = app.get(PaginationInterceptor, { strict: false });
    const context = new ExecutionContextHost(
      [{}, { limit: 'x' }],
      RowsController,
      RowsController.prototype.list,
    );
    context.setType<string>(type);
    const list = rows(5_000);
    for (const value of [list, { items: list }, { data: list }, null]) {
      expect(await lastValueFrom(interceptor.intercept(context, { handle: () => of(value) }))).toBe(value);
    }
    const seen: unknown[] = [];
    interceptor.intercept(context, { handle: () => of(1, 2, 3) }).subscribe((value) => seen.push(value));
    expect(seen).toEqual([1, 2, 3]);
    const empty = interceptor.intercept(context, { handle: () => EMPTY });
    expect(await lastValueFrom(empty, { defaultValue: 'none' })).toBe('none');
    expect(logger.of('warn')).toEqual([]);
  });

  it('@Paginate() fails with an error that suggests resolvePage()', async () => {
    const testing = await Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ env: keyEnv([SECRET_KEY]) })],
      providers: [RowsController],
    })
      .setLogger(new RecordingLogger())
      .compile();
    const resolver = testing.get(RowsController);
    // This is how the packages of other transports call a handler.
    const call = testing
      .get(ExternalContextCreator)
      .create(
        resolver,
        resolver.list as never,
        'list',
        ROUTE_ARGS_METADATA,
        { exchangeKeyForValue: () => null },
        undefined,
        undefined,
        undefined,
        type,
      );
    const answer = call({}, { limit: 5 });
    await expect(answer).rejects.toThrow(ConfigDefinitionError);
    await expect(answer).rejects.toThrow(/RowsController\.list: .*resolvePage\(\)/);
  });
});
