import {
  ClassSerializerInterceptor,
  Controller,
  Get,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { createConnection } from 'node:net';
import { Readable } from 'node:stream';
import { map, of } from 'rxjs';
import { describe, expect, it } from 'vitest';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';

const rows = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }));

let pulled = 0;
let closed = 0;

async function* source(count = 1_000_000) {
  try {
    for (let id = 0; id < count; id++) {
      pulled++;
      yield { id };
    }
  } finally {
    closed++;
  }
}

function* iterator(count = 1_000_000) {
  for (const row of rows(Math.min(count, 500))) yield row;
}

/** Wraps the result of the handler, inside PaginationInterceptor. */
const wrapping = (wrap: (data: unknown) => unknown) =>
  class implements NestInterceptor {
    intercept(_context: unknown, next: CallHandler) {
      return next.handle().pipe(map(wrap));
    }
  };

class Envelope {
  constructor(readonly data: unknown) {}
}

@Controller('sources')
@UseInterceptors(PaginationInterceptor)
class SourcesController {
  @Get('wrapped')
  @UseInterceptors(wrapping((data) => ({ data, kind: 'rows' })))
  wrapped() {
    return source();
  }

  @Get('wrapped-stream')
  @UseInterceptors(wrapping((data) => ({ data, kind: 'rows' })))
  wrappedStream() {
    return Readable.from(source());
  }

  @Get('wrapped-observable')
  @UseInterceptors(wrapping((data) => ({ data, kind: 'rows' })))
  wrappedObservable() {
    return of(source());
  }

  @Get('wrapped-deep')
  @UseInterceptors(wrapping((data) => ({ kind: 'rows', a: { b: { data } } })))
  wrappedDeep() {
    return source();
  }

  @Get('wrapped-class')
  @UseInterceptors(wrapping((data) => new Envelope(data)))
  wrappedClass() {
    return source();
  }

  @Get('wrapped-getter')
  @UseInterceptors(
    wrapping((data) => ({
      get data() {
        return data;
      },
    })),
  )
  wrappedGetter() {
    return source();
  }

  @Get('wrapped-json')
  @UseInterceptors(wrapping((data) => ({ toJSON: () => ({ data }) })))
  wrappedJson() {
    return source();
  }

  @Get('wrapped-proxy')
  @UseInterceptors(wrapping((data) => new Proxy({ data }, {})))
  wrappedProxy() {
    return source();
  }

  @Get('returned')
  returned() {
    return { data: source() };
  }

  @Get('returned-iterator')
  returnedIterator() {
    return { data: iterator() };
  }

  @Get('returned-frozen')
  returnedFrozen() {
    return Object.freeze({ data: source() });
  }

  @Get('short')
  short() {
    return { data: source(3) };
  }

  @Get('two')
  two() {
    return { first: source(3), second: source(4) };
  }

  @Get('items')
  items(@Paginate() _page: PageRequest) {
    return { items: source(), total: 1_000_000 };
  }

  @Get('items-and-more')
  itemsAndMore() {
    return { items: rows(500), data: source() };
  }

  @Get('text')
  @UseInterceptors(wrapping((data) => ({ data })))
  async *text() {
    for (let line = 0; line < 300; line++) yield `${line}\n`;
  }

  @Get('file')
  file() {
    return new StreamableFile(Readable.from([Buffer.alloc(1_000, 'a'), Buffer.alloc(1_000, 'b')]));
  }

  @Get('iterator')
  iterator(@Paginate() _page: PageRequest) {
    return iterator();
  }

  @Get('stalled')
  @UseInterceptors(wrapping((data) => ({ data })))
  stalled() {
    return new Readable({
      objectMode: true,
      read() {
        pulled++;
      },
      destroy(error, done) {
        closed++;
        done(error);
      },
    });
  }
}

class PrivateRows {
  readonly #rows: unknown[];

  constructor(count: number) {
    this.#rows = rows(count);
  }

  toJSON() {
    return this.#rows;
  }
}

class PrivateItems {
  readonly #rows = rows(500);
  readonly #page: object | undefined;

  constructor(page?: object) {
    this.#page = page;
  }

  toJSON() {
    return { items: this.#rows, total: 500, ...(this.#page && { page: this.#page }) };
  }
}

/** Its JSON has more rows than its property. */
class Misleading {
  readonly items = rows(3);

  toJSON() {
    return { items: rows(500) };
  }
}

@Controller('lists')
@UseInterceptors(PaginationInterceptor)
class ListsController {
  @Get('private-rows')
  privateRows() {
    return new PrivateRows(500);
  }

  @Get('private-rows-taken')
  privateRowsTaken(@Paginate() page: PageRequest) {
    return new PrivateRows(page.take);
  }

  @Get('private-items')
  privateItems() {
    return new PrivateItems();
  }

  @Get('private-page')
  privatePage() {
    return new PrivateItems({ limit: 500, hasMore: true, next: 'behind the last' });
  }

  @Get('misleading')
  misleading() {
    return new Misleading();
  }

  @Get('collection')
  collection() {
    return { items: new PrivateRows(500), total: 500 };
  }

  @Get('proxy')
  proxy() {
    return new Proxy(
      { items: rows(500), total: 0 },
      {
        get: (target, name, self) => (name === 'total' ? 500 : (Reflect.get(target, name, self) as unknown)),
      },
    );
  }

  @Get('array-proxy')
  arrayProxy() {
    return new Proxy(rows(500), {});
  }

  @Get('set-of-items')
  setOfItems() {
    return { items: new Set(rows(500)) };
  }

  @Get('no-items')
  noItems() {
    return { items: 'a text that is longer than the page', total: 1 };
  }

  @Get('hidden-json')
  hiddenJson() {
    return { data: new PrivateRows(500) };
  }

  @Get('hidden-in-json')
  hiddenInJson() {
    return { toJSON: () => ({ data: rows(500) }) };
  }

  @Get('hidden-deep')
  hiddenDeep() {
    return { result: { rows: rows(500) } };
  }

  @Get('hidden-getter')
  hiddenGetter() {
    return {
      get data() {
        return rows(500);
      },
    };
  }

  @Get('hidden-set')
  hiddenSet() {
    return { data: new Set(rows(500)) };
  }

  @Get('not-sent')
  notSent() {
    return Object.assign(new Envelope(rows(500)), { toJSON: () => ({ id: 1 }) });
  }

  @Get('circle')
  circle() {
    const circle: Record<string, unknown> = { id: 1, toJSON: () => ({ id: 1 }) };
    circle['self'] = circle;
    return circle;
  }
}

@Controller('serialized')
@UseInterceptors(ClassSerializerInterceptor, PaginationInterceptor)
class SerializedController {
  @Get('set')
  set(@Paginate() _page: PageRequest) {
    return new Set(rows(500));
  }

  @Get('map')
  map() {
    return new Map(rows(500).map((row) => [row.id, row]));
  }

  @Get('private-rows')
  privateRows() {
    return new PrivateRows(500);
  }

  @Get('data')
  data() {
    return { data: source() };
  }
}

const CONTROLLERS = [SourcesController, ListsController, SerializedController];

describe.each(ADAPTERS)('on %s', (adapter) => {
  const start = (overrun?: 'error') => {
    pulled = closed = 0;
    return startApp(adapter, CONTROLLERS, {
      env: { PAGE_SIZE: '10' },
      ...(overrun && { pagination: { overrun } }),
    });
  };
  const overruns = (warnings: string[]) => warnings.filter((line) => line.includes('source of rows'));

  it.each([
    ['wrapped', { data: rows(10), kind: 'rows' }],
    ['wrapped-stream', { data: rows(10), kind: 'rows' }],
    ['wrapped-observable', { data: rows(10), kind: 'rows' }],
    ['wrapped-deep', { kind: 'rows', a: { b: { data: rows(10) } } }],
    ['wrapped-class', { data: rows(10) }],
    ['wrapped-getter', { data: rows(10) }],
    ['wrapped-json', { data: rows(10) }],
    ['wrapped-proxy', { data: rows(10) }],
    ['returned', { data: rows(10) }],
    ['returned-iterator', { data: rows(10) }],
    ['returned-frozen', { data: rows(10) }],
  ])(
    'a source inside an object is cut to the page, closed, and reported in one warning (%s)',
    async (route, body) => {
      const { url, logger } = await start();
      expect((await readAnswer(`${url}/sources/${route}`)).body).toEqual(body);
      await readAnswer(`${url}/sources/${route}`);
      expect(overruns(logger.of('warn'))).toEqual([
        expect.stringMatching(
          /SourcesController\.\w+ returned an object that contains a source of rows.* 10 rows/,
        ),
      ]);
      expect(logger.of('warn')).toHaveLength(1);
      if (route === 'returned-iterator') return;
      // A stream reads ahead to fill its buffer.
      expect(pulled).toBeLessThanOrEqual(2 * (route === 'wrapped-stream' ? 11 + 16 : 11));
      await expect.poll(() => closed).toBe(2);
    },
  );

  it.each(['wrapped', 'wrapped-stream', 'wrapped-deep', 'returned', 'returned-iterator'])(
    'a source inside an object fails the request with overrun: error (%s)',
    async (route) => {
      const { url, logger } = await start('error');
      expect((await readAnswer(`${url}/sources/${route}`)).status).toBe(500);
      expect(logger.of('error')[0]).toContain('returned an object that contains a source of rows');
    },
  );

  it('a source inside an object is sent complete, without a warning, if it ends within the page', async () => {
    const { url, logger } = await start('error');
    expect((await readAnswer(`${url}/sources/short`)).body).toEqual({ data: rows(3) });
    expect((await readAnswer(`${url}/sources/two`)).body).toEqual({ first: rows(3), second: rows(4) });
    expect(logger.of('warn')).toEqual([]);
  });

  it('a source in items is the paginated list', async () => {
    const { url, logger } = await start('error');
    const { body, link } = await readAnswer(`${url}/sources/items?limit=3`);
    expect([body, link]).toEqual([{ items: rows(3), total: 1_000_000 }, '<?limit=3&offset=3>; rel="next"']);
    expect(pulled).toBe(4);
    expect(logger.of('warn')).toEqual([]);
  });

  it('a list in items and a source beside it are both cut', async () => {
    const { url, logger } = await start();
    expect((await readAnswer(`${url}/sources/items-and-more`)).body).toEqual({
      items: rows(10),
      data: rows(10),
    });
    expect(logger.of('warn')).toEqual([expect.stringContaining('returned 500 rows for a page of 10')]);
  });

  it('a source inside an object is closed when the client disconnects', async () => {
    const { url, logger } = await start();
    const { hostname, port } = new URL(url);
    const socket = createConnection(Number(port), hostname);
    socket.write(`GET /sources/stalled HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
    await expect.poll(() => pulled).toBeGreaterThan(0);
    socket.destroy();
    await expect.poll(() => closed).toBe(1);
    expect(logger.of('error')).toEqual([]);
  });

  it('text and files pass unchanged, inside an object or not', async () => {
    const { url, logger } = await start('error');
    expect((await (await fetch(`${url}/sources/file`)).text()).length).toBe(2_000);
    expect((await fetch(`${url}/sources/text`)).status).toBe(200);
    expect(logger.of('warn')).toEqual([]);
  });

  it('an iterator is a source of rows', async () => {
    const { url } = await start('error');
    const { body, link } = await readAnswer(`${url}/sources/iterator?limit=3`);
    expect([body, link]).toEqual([rows(3), '<?limit=3&offset=3>; rel="next"']);
  });

  it.each([
    ['private-rows', rows(10)],
    ['private-items', { items: rows(10), total: 500 }],
    ['private-page', { items: rows(10), total: 500, page: { limit: 10, hasMore: true, next: null } }],
    ['misleading', { items: rows(10) }],
    ['collection', { items: rows(10), total: 500 }],
    ['proxy', { items: rows(10), total: 500 }],
    ['array-proxy', rows(10)],
    ['set-of-items', { items: rows(10) }],
  ])('a list is cut regardless of how it is serialized (%s)', async (route, body) => {
    // A page's own limit applies, up to MAX_PAGE_SIZE.
    const { url, logger } = await start();
    expect((await readAnswer(`${url}/lists/${route}`)).body).toEqual(body);
    expect(logger.of('warn')).toEqual([expect.stringContaining('returned 500 rows for a page of 10')]);
  });

  it.each(['private-rows', 'private-items', 'misleading', 'collection', 'proxy'])(
    'a list fails the request with overrun: error (%s)',
    async (route) => {
      const { url } = await start('error');
      expect((await readAnswer(`${url}/lists/${route}`)).status).toBe(500);
    },
  );

  it('a list behind toJSON() has its Link', async () => {
    const { url } = await start('error');
    const { body, link } = await readAnswer(`${url}/lists/private-rows-taken?limit=3`);
    expect([body, link]).toEqual([rows(3), '<?limit=3&offset=3>; rel="next"']);
  });

  it.each(['hidden-json', 'hidden-in-json', 'hidden-deep', 'hidden-getter', 'hidden-set'])(
    'a list hidden in an object causes one warning (%s)',
    async (route) => {
      const { url, logger } = await start('error');
      for (let again = 0; again < 2; again++) {
        expect((await readAnswer(`${url}/lists/${route}`)).status).toBe(200);
      }
      expect(logger.of('warn')).toEqual([expect.stringContaining('It contains a list of 500 rows')]);
    },
  );

  it('items that are not a list pass unchanged', async () => {
    const { url, logger } = await start('error');
    const body = { items: 'a text that is longer than the page', total: 1 };
    expect((await readAnswer(`${url}/lists/no-items`)).body).toEqual(body);
    expect(logger.of('warn')).toEqual([]);
  });

  it.each(['not-sent', 'circle'])('properties that are not sent are not read (%s)', async (route) => {
    const { url, logger } = await start('error');
    expect((await readAnswer(`${url}/lists/${route}`)).body).toEqual({ id: 1 });
    expect(logger.of('warn')).toEqual([]);
  });

  it('an outer serializer gets at most one page of a set, a map or a source', async () => {
    const { url } = await start();
    const set = await readAnswer(`${url}/serialized/set?limit=3`);
    expect([set.body, set.link]).toEqual([rows(3), '<?limit=3&offset=3>; rel="next"']);
    expect(Object.values((await readAnswer(`${url}/serialized/map?limit=3`)).body)).toEqual(rows(3));
    expect((await readAnswer(`${url}/serialized/private-rows?limit=3`)).body).toEqual(rows(3));
    expect((await readAnswer(`${url}/serialized/data?limit=3`)).body).toEqual({ data: rows(3) });
  });

  it('a Page inside an object keeps its own limit', async () => {
    @Controller('nested')
    @UseInterceptors(PaginationInterceptor)
    class NestedController {
      @Get()
      list(@Paginate() page: PageRequest) {
        return { data: Page.of(rows(page.take), page) };
      }
    }
    const { url, logger } = await startApp(adapter, [NestedController]);
    expect((await readAnswer(`${url}/nested?limit=3`)).body).toMatchObject({ data: { items: rows(3) } });
    expect(logger.of('warn')).toEqual([]);
  });
});
