import {
  Controller,
  Get,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { from, map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Page, PageSize, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { ADAPTERS, startApp, readAnswer } from './support/http-app.js';

const rows = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }));

/** Like a query builder: an iterable thenable that runs its query when it is awaited. */
class QueryBuilder<Result> {
  static runs = 0;

  constructor(private readonly result: Result) {}

  then<Value>(resolve: (result: Result) => Value, reject?: (error: unknown) => Value): Promise<Value> {
    QueryBuilder.runs++;
    return Promise.resolve(this.result).then(resolve, reject);
  }

  toJSON(): never {
    throw new Error('a query is no answer');
  }

  [Symbol.asyncIterator](): never {
    throw new Error('a query that is waited for is not iterated, too');
  }
}

class Envelope {
  readonly secret = 'kept back by the class';
  constructor(readonly items: readonly unknown[]) {}
}

/** Reads the classes of its values, like a serializer. */
@Injectable()
class ClassNames implements NestInterceptor {
  intercept(_context: ExecutionContext, next: CallHandler) {
    return next.handle().pipe(
      map((value: object) => ({
        class: value.constructor.name,
        items: (value as Envelope).items.map((item) => (item as object).constructor.name),
      })),
    );
  }
}

class User {
  constructor(readonly id: number) {}
}
const users = (count: number) => Array.from({ length: count }, (_, id) => new User(id));

@Controller('list')
@UseInterceptors(PaginationInterceptor)
class ListController {
  @Get('built')
  built(@Paginate() page: PageRequest) {
    return new QueryBuilder(rows(page.take, page.offset));
  }

  @Get('built-careless')
  builtCareless() {
    return new QueryBuilder(rows(5_000));
  }

  @Get('built-later')
  async builtLater() {
    return new QueryBuilder(rows(5_000));
  }

  @Get('built-observed')
  builtObserved() {
    return of(new QueryBuilder(rows(5_000)));
  }

  @Get('built-nested')
  builtNested() {
    return of(new QueryBuilder(new QueryBuilder(rows(5_000))));
  }

  @Get('built-items')
  builtItems() {
    return new QueryBuilder({ items: rows(5_000) });
  }

  @Get('built-wrong')
  builtWrong() {
    return new QueryBuilder(Promise.reject(new Error('the database is away')));
  }

  @Get('page')
  page(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Page.of(rows(page.take, page.after ? page.after[0] + 1 : 0), page, ({ id }) => [id]);
  }

  @Get('page-promised')
  async pagePromised(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Promise.resolve(this.page(page));
  }

  @Get('page-observed')
  pageObserved(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return from([{ items: rows(9) }, this.page(page)]);
  }

  @Get('page-built')
  pageBuilt(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return new QueryBuilder(this.page(page));
  }
}

@Controller('serialized')
@UseInterceptors(ClassNames, PaginationInterceptor)
class SerializedController {
  @Get('page')
  page(@Paginate() page: PageRequest) {
    return Page.of(users(page.take), page);
  }

  @Get('mapped')
  mapped(@Paginate() page: PageRequest) {
    return Page.of(rows(page.take), page).map(({ id }) => new User(id));
  }

  @Get('envelope')
  envelope() {
    return new Envelope(users(5_000));
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  it.each(['built-careless', 'built-later', 'built-observed', 'built-nested'])(
    'the rows of a query builder are cut like other rows (%s)',
    async (route) => {
      const { url, logger } = await startApp(adapter, [ListController]);
      expect((await readAnswer(`${url}/list/${route}?limit=7`)).body).toEqual(rows(7));
      expect(logger.of('warn')).toEqual([expect.stringContaining('returned 5000 rows for a page of 7')]);
    },
  );

  it('{ items } from a query builder is also cut', async () => {
    const { url } = await startApp(adapter, [ListController]);
    expect((await readAnswer(`${url}/list/built-items?limit=7`)).body).toEqual({ items: rows(7) });
  });

  it('a query builder that uses the page has a Link, and runs its query once', async () => {
    const { url, logger } = await startApp(adapter, [ListController]);
    QueryBuilder.runs = 0;
    const { body, link } = await readAnswer(`${url}/list/built?limit=5&offset=5`);
    expect(body).toEqual(rows(5, 5));
    expect(link).toBe('<?limit=5&offset=10>; rel="next"');
    expect(QueryBuilder.runs).toBe(1);
    expect(logger.of('warn')).toEqual([]);
  });

  it('a query that fails is answered with status 500', async () => {
    const { url, logger } = await startApp(adapter, [ListController]);
    const { status, body } = await readAnswer(`${url}/list/built-wrong`);
    expect(status).toBe(500);
    expect(body).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(logger.of('error')).toEqual([expect.stringContaining('the database is away')]);
  });

  it.each(['page', 'page-promised', 'page-observed', 'page-built'])(
    'a Page is sent with its cursor and a Link for every way to return it (%s)',
    async (route) => {
      const { url } = await startApp(adapter, [ListController]);
      const first = await readAnswer(`${url}/list/${route}?limit=3`);
      const { next } = (first.body as Page<unknown>).page;
      expect(first.body).toEqual({ items: rows(3), page: { limit: 3, hasMore: true, next } });
      expect(first.link).toBe(`<?limit=3&after=${next}>; rel="next"`);
      expect((await readAnswer(`${url}/list/${route}?limit=3&after=${next}`)).body).toMatchObject({
        items: rows(3, 3),
      });
    },
  );

  it('an outer interceptor sees the classes that the handler returned', async () => {
    const { url } = await startApp(adapter, [SerializedController]);
    const page = { class: 'Page', items: ['User', 'User'] };
    expect((await readAnswer(`${url}/serialized/page?limit=2`)).body).toEqual(page);
    expect((await readAnswer(`${url}/serialized/mapped?limit=2`)).body).toEqual(page);
    expect((await readAnswer(`${url}/serialized/envelope?limit=2`)).body).toEqual({
      ...page,
      class: 'Envelope',
    });
  });
});

@Controller('careless')
@UseInterceptors(PaginationInterceptor)
class CarelessController {
  @Get()
  list() {
    return rows(30);
  }

  @Get('items')
  items() {
    return { items: rows(30) };
  }

  @Get('streamed')
  async *streamed() {
    yield* rows(30);
  }

  @Get('paged')
  paged(@Paginate() page: PageRequest) {
    return Page.of(rows(30), page);
  }

  @Get('mapped')
  mapped(@Paginate() page: PageRequest) {
    return Page.of(rows(30), page).map(({ id }) => id);
  }

  @Get('wrapped')
  wrapped() {
    return { data: rows(30) };
  }

  @Get('small')
  @PageSize(5)
  small() {
    return rows(6);
  }
}

@Controller('careful')
@UseInterceptors(PaginationInterceptor)
class CarefulController {
  @Get('exact')
  exact() {
    return rows(10);
  }

  @Get('taken')
  taken(@Paginate() page: PageRequest) {
    return rows(page.take);
  }

  @Get('paged')
  paged(@Paginate() page: PageRequest) {
    return Page.of(rows(page.take), page);
  }

  @Get('streamed')
  async *streamed(@Paginate() _page: PageRequest) {
    yield* rows(30);
  }
}

describe.each(ADAPTERS)('a list that is longer than its page, on %s,', (adapter) => {
  const start = (env: Record<string, string>, overrun?: 'error' | 'truncate') =>
    startApp(adapter, [CarelessController, CarefulController], {
      env: { ...env, PAGE_SIZE: '10' },
      ...(overrun && { pagination: { overrun } }),
    });
  const careless = ['', '/items', '/paged', '/mapped', '/small'];

  it.each([
    ['with overrun: error', {}, 'error'],
    ['with NODE_ENV=test', { NODE_ENV: 'test' }, undefined],
  ] as const)('fails the request %s, and the log names its route', async (_when, env, overrun) => {
    const { url, logger } = await start(env, overrun);
    for (const path of careless) {
      const { status, body } = await readAnswer(`${url}/careless${path}`);
      expect([path, status, body]).toEqual([
        path,
        500,
        { statusCode: 500, message: 'Internal server error' },
      ]);
    }
    const errors = logger.of('error');
    expect(errors).toHaveLength(careless.length);
    const names = ['list', 'items', 'paged', 'mapped', 'small'];
    for (const [index, name] of names.entries()) {
      expect(errors[index]).toContain(`CarelessController.${name} returned `);
      expect(errors[index]).toContain('PageError');
    }
    expect(errors[0]).toContain('30 rows for a page of 10');
    expect(errors[2]).toContain('page.take');
    expect(errors[4]).toContain('6 rows for a page of 5');
    expect(logger.of('warn').filter((line) => line.includes('rows for a page'))).toEqual([]);
  });

  it('causes a warning but does not fail if it is only contained in an object', async () => {
    const { url, logger } = await start({}, 'error');
    expect((await readAnswer(`${url}/careless/wrapped`)).status).toBe(200);
    expect(logger.of('warn')).toContainEqual(expect.stringContaining('contains a list of 30 rows'));
  });

  it.each([
    ['by default', {}, undefined],
    ['with NODE_ENV=test and overrun: truncate', { NODE_ENV: 'test' }, 'truncate'],
  ] as const)('is cut and reported in one warning %s', async (_when, env, overrun) => {
    const { url, logger } = await start(env, overrun);
    for (let again = 0; again < 2; again++) {
      expect((await readAnswer(`${url}/careless`)).body).toEqual(rows(10));
      expect((await readAnswer(`${url}/careless/paged`)).body).toEqual({
        items: rows(10),
        page: { limit: 10, hasMore: true, next: null },
      });
    }
    const warnings = logger.of('warn').filter((line) => line.includes('for a page of'));
    expect(warnings).toEqual([
      expect.stringContaining('CarelessController.list returned 30 rows for a page of 10'),
      expect.stringContaining('CarelessController.paged returned 30 rows for a page of 10'),
    ]);
    expect(logger.of('error')).toEqual([]);
  });

  it('does not fail if it has only the extra row, or is a source of a handler that uses the page', async () => {
    const { url, logger } = await start({ NODE_ENV: 'test' });
    for (const path of ['exact', 'taken', 'paged', 'streamed']) {
      expect([path, (await readAnswer(`${url}/careful/${path}`)).status]).toEqual([path, 200]);
    }
    expect(logger.of('error')).toEqual([]);
  });
});
