import { Cache, CacheInterceptor } from '@nestjs/cache-manager';
import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  Query,
  UseInterceptors,
  Version,
  VersioningType,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { map, of } from 'rxjs';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  KeyRing,
  Page,
  Paginate,
  PaginationInterceptor,
  resolvePage,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';

const rows = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }));

/** A query builder that can be called and awaited. */
function callableBuilder(count: number) {
  return Object.assign(() => undefined, {
    then: (resolve: (found: unknown) => void) => resolve(rows(count)),
  });
}

class Collection {
  *[Symbol.iterator]() {
    yield* rows(500);
  }

  toJSON() {
    return rows(500);
  }
}

let loaded = 0;
class Customer {
  readonly name = 'Ada';

  get items(): Promise<never> {
    loaded++;
    return Promise.reject(new Error('nobody asked for it'));
  }
}

class Wrapped {
  constructor(readonly data: readonly unknown[]) {}
}

@Controller('traps')
@UseInterceptors(PaginationInterceptor)
class TrapsController {
  @Get('callable')
  callable() {
    return of(callableBuilder(500));
  }

  @Get('short-array')
  shortArray() {
    return Object.assign(rows(1), { toJSON: () => rows(500) });
  }

  @Get('collection')
  collection() {
    return new Collection();
  }

  @Get('frozen')
  frozen() {
    return Object.freeze({
      items: rows(500),
      toJSON() {
        return { items: this.items };
      },
    });
  }

  @Get('mixed')
  async *mixed() {
    yield 'text';
    for (const row of rows(500)) yield JSON.stringify(row);
    yield { id: 500 };
  }

  @Get('customer')
  customer() {
    return new Customer();
  }

  @Get('counted')
  counted() {
    return [rows(500), 500];
  }

  @Get('response')
  response() {
    return new Response(JSON.stringify(rows(500)));
  }

  @Get('wrapped')
  wrapped() {
    return new Wrapped(rows(500));
  }
}

class Envelope implements NestInterceptor {
  intercept(_context: unknown, next: CallHandler) {
    return next.handle().pipe(map((data: unknown) => ({ data })));
  }
}

@Controller('wrapping')
class WrappingController {
  @Get('outside')
  @UseInterceptors(Envelope, PaginationInterceptor)
  outside(@Paginate() page: PageRequest) {
    return rows(page.take);
  }

  @Get('inside')
  @UseInterceptors(PaginationInterceptor, Envelope)
  inside(@Paginate() page: PageRequest) {
    return rows(page.take);
  }
}

@Controller('own')
@UseInterceptors(PaginationInterceptor)
class OwnPageController {
  constructor(@Inject(KeyRing) private readonly keys: KeyRing) {}

  @Post('search')
  @HttpCode(200)
  search(@Body() body: { after?: string; limit: number }) {
    const scope = { keys: this.keys, list: 'search', sort: ['id'] };
    const page = resolvePage<[number]>(body, { pageSize: 10, maxPageSize: 40 }, scope);
    return Page.of(rows(page.take, page.after ? page.after[0] + 1 : 0), page, ({ id }) => [id]);
  }

  /** A cached page, independent of the requested one. */
  @Get('kept')
  kept(@Paginate() _page: PageRequest) {
    return { items: rows(8), page: { limit: 8, hasMore: true, next: 'a cursor behind the eighth' } };
  }

  @Get('long')
  long(@Paginate() _page: PageRequest) {
    return { items: rows(40), page: { limit: 40, hasMore: true, next: 'a cursor behind the last' } };
  }

  @Get('forgetful')
  forgetful(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Page.of(rows(page.take), page, ({ id }) => [id]);
  }

  @Get('bare')
  bare(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return rows(page.take, page.offset);
  }
}

@Controller('cached')
@UseInterceptors(CacheInterceptor, PaginationInterceptor)
class KeptInPartController {
  @Get('slow')
  async *slow() {
    for (const row of rows(10)) {
      await delay(30);
      yield row;
    }
  }
}

@Controller('stock')
@UseInterceptors(PaginationInterceptor, CacheInterceptor)
class StockController {
  @Get()
  list(@Paginate() page: PageRequest) {
    return rows(page.take);
  }
}

@Controller('versions')
@UseInterceptors(PaginationInterceptor)
class VersionsController {
  @Get()
  @Version('1')
  one(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Page.of(rows(page.take), page, ({ id }) => [id]);
  }

  @Get()
  @Version('2')
  two(@Paginate({ sort: ['id'] }) page: PageRequest<[string]>) {
    return Page.of(rows(page.take), page, ({ id }) => [String(id)]);
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  const start = (controllers: Parameters<typeof startApp>[1], MAX_PAGE_SIZE = '10') =>
    startApp(adapter, controllers, { env: { PAGE_SIZE: '10', MAX_PAGE_SIZE } });

  it.each(['callable', 'short-array', 'collection'])(
    'a list of an unusual type is cut (%s)',
    async (path) => {
      const { url } = await start([TrapsController]);
      expect((await readAnswer(`${url}/traps/${path}`)).body).toHaveLength(10);
    },
  );

  it('a response that the handler sends itself passes unchanged', async () => {
    const { url, logger } = await start([TrapsController]);
    expect((await readAnswer(`${url}/traps/response`)).body).toEqual(rows(500));
    expect(logger.of('warn')).toEqual([]);
  });

  it('an interceptor that wraps lists works before PaginationInterceptor, and causes a warning after it', async () => {
    const { url, logger } = await start([WrappingController]);
    const { body, link } = await readAnswer(`${url}/wrapping/outside`);
    expect([body, link]).toEqual([{ data: rows(10) }, '<?limit=10&offset=10>; rel="next"']);
    expect(logger.of('warn')).toEqual([]);
    expect((await readAnswer(`${url}/wrapping/inside`)).body).toEqual({ data: rows(11) });
    expect(logger.of('warn')).toEqual([
      expect.stringContaining('WrappingController.inside returned an object that is not cut'),
    ]);
  });

  it('a frozen object is copied and the copy is cut', async () => {
    const { url } = await start([TrapsController]);
    expect((await readAnswer(`${url}/traps/frozen`)).body).toEqual({ items: rows(10) });
  });

  it('a source that starts with text does not send the rows after it', async () => {
    const { url } = await start([TrapsController]);
    const text = await fetch(`${url}/traps/mixed`)
      .then((response) => response.text())
      .catch(() => '');
    expect(text).not.toContain('"id":500}');
  });

  it('properties that are not sent are not read', async () => {
    const { url } = await start([TrapsController]);
    loaded = 0;
    expect((await readAnswer(`${url}/traps/customer`)).body).toEqual({ name: 'Ada' });
    expect(loaded).toBe(0);
  });

  it.each(['counted', 'wrapped'])('a nested list that is not cut causes one warning (%s)', async (path) => {
    const { url, logger } = await start([TrapsController]);
    await readAnswer(`${url}/traps/${path}`);
    await readAnswer(`${url}/traps/${path}`);
    expect(logger.of('warn')).toEqual([
      expect.stringContaining(`TrapsController.${path} returned an object that is not cut`),
    ]);
  });

  const search = async (url: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/own/search`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
    return (await response.json()) as { items: { id: number }[]; page: { next: string | null } };
  };

  it('a page keeps its own limit, so that its cursor does not skip rows', async () => {
    const { url, logger } = await start([OwnPageController], '40');
    const first = await search(url, { limit: 25 });
    expect(first.items).toEqual(rows(25));
    const second = await search(url, { limit: 25, after: first.page.next });
    expect(second.items).toEqual(rows(25, 25));
    expect((await readAnswer(`${url}/own/kept?limit=3`)).body).toMatchObject({
      items: rows(8),
      page: { limit: 8 },
    });
    expect(logger.of('warn')).toEqual([]);
  });

  it('a page that is longer than the route allows is cut and has no next cursor', async () => {
    const { url, logger } = await start([OwnPageController]);
    expect((await readAnswer(`${url}/own/long`)).body).toEqual({
      items: rows(10),
      page: { limit: 10, hasMore: true, next: null },
    });
    expect(logger.of('warn')).toEqual([expect.stringContaining('OwnPageController.long returned 40 rows')]);
  });

  it('a page of resolvePage() is never longer than the route allows', async () => {
    const { url, logger } = await start([OwnPageController]);
    const first = await search(url, { limit: 40 });
    expect(first).toMatchObject({ items: rows(10), page: { limit: 10, hasMore: true } });
    expect((await search(url, { limit: 40, after: first.page.next })).items).toEqual(rows(10, 10));
    expect(logger.of('warn')).toEqual([]);
  });

  it('a handler that ignores page.after fails, instead of causing an endless walk', async () => {
    const { url, logger } = await start([OwnPageController]);
    const { body } = await readAnswer(`${url}/own/forgetful`);
    const { next } = (body as { page: { next: string } }).page;
    expect((await readAnswer(`${url}/own/forgetful?after=${next}`)).status).toBe(500);
    expect(logger.of('error')[0]).toContain('use page.after in the query');
  });

  it('a sorted list that is returned as an array causes a warning, because it has no cursors', async () => {
    const { url, logger } = await start([OwnPageController]);
    expect((await readAnswer(`${url}/own/bare`)).link).toBe('<?limit=10&offset=10>; rel="next"');
    expect(logger.of('warn')).toEqual([expect.stringContaining('OwnPageController.bare has a sort')]);
  });

  it('a cache does not store a list that was only partly read because the client disconnected', async () => {
    const { url, logger } = await start([KeptInPartController]);
    const leaving = new AbortController();
    const left = fetch(`${url}/cached/slow`, { signal: leaving.signal }).catch(() => 'left');
    await delay(120);
    leaving.abort();
    expect(await left).toBe('left');
    await delay(100);
    expect((await readAnswer(`${url}/cached/slow`)).body).toEqual(rows(10));
    expect(logger.of('error')).toEqual([]);
  });

  it('a page from the cache has its Link even if its handler has never run', async () => {
    const { app, url, logger } = await start([StockController]);
    await app.get<Cache>(Cache).set('/stock', rows(11));
    const { body, link } = await readAnswer(`${url}/stock`);
    expect([body, link]).toEqual([rows(10), '<?limit=10&offset=10>; rel="next"']);
    expect(logger.of('warn')).toEqual([]);
  });

  it('a cursor of one version of a route is invalid for another', async () => {
    const { url } = await startApp(
      adapter,
      [VersionsController],
      {},
      {
        prepare: (app) => app.enableVersioning({ type: VersioningType.HEADER, header: 'x-version' }),
      },
    );
    const get = (query: string, version: string) =>
      fetch(`${url}/versions${query}`, { headers: { 'x-version': version } });
    const { page } = (await (await get('?limit=2', '1')).json()) as { page: { next: string } };
    expect((await get(`?limit=2&after=${page.next}`, '2')).status).toBe(400);
  });

  it('a response has one Link if several interceptors paginate its route', async () => {
    const { url } = await startApp(
      adapter,
      [StockController],
      {},
      {
        providers: [{ provide: APP_INTERCEPTOR, useClass: PaginationInterceptor }],
      },
    );
    expect((await readAnswer(`${url}/stock?limit=2`)).link).toBe('<?limit=2&offset=2>; rel="next"');
  });

  it('without NODE_ENV in the configuration, process.env.NODE_ENV selects the overrun behaviour', async () => {
    const { url } = await startApp(adapter, [TrapsController], { env: { NODE_ENV: '' } });
    expect(process.env['NODE_ENV']).toBe('test');
    expect((await readAnswer(`${url}/traps/collection`)).status).toBe(500);
  });
});

it('an array is cut synchronously', async () => {
  const { app } = await startApp('express', [StockController], {}, { providers: [PaginationInterceptor] });
  const exchange = [{ url: '/stock', query: {} }, { append: () => undefined }];
  const context = new ExecutionContextHost(exchange, StockController, StockController.prototype.list);
  const sent: unknown[] = [];
  const handler = { handle: () => of(rows(101)) };
  app
    .get(PaginationInterceptor)
    .intercept(context, handler)
    .subscribe((body) => sent.push(body));
  expect(sent).toEqual([rows(100)]);
});

it('a handler with two @Paginate() parameters is refused', () => {
  expect(() => {
    class Twice {
      list(@Paginate() _page: PageRequest, @Query() _query: unknown, @Paginate() _other: PageRequest) {}
    }
    return Twice;
  }).toThrow(ConfigDefinitionError);
});

it.each(['throw', true, ''])('overrun: %j is refused when Nest starts', async (overrun) => {
  const starting = startApp('express', [], { pagination: { overrun: overrun as never } });
  await expect(starting).rejects.toThrow("pagination.overrun must be 'truncate' or 'error'");
});
