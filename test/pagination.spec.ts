import Joi from 'joi';
import { CacheInterceptor } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  HttpCode,
  Post,
  Res,
  Sse,
  StreamableFile,
  UseInterceptors,
  type CallHandler,
  type NestInterceptor,
} from '@nestjs/common';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { createConnection } from 'node:net';
import { Readable } from 'node:stream';
import { concat, EMPTY, from, lastValueFrom, of, range, tap } from 'rxjs';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  Env,
  PageRequestError,
  Paginate,
  PaginationInterceptor,
  ProductionConfig,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp, type HttpApp, readAnswer } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { run } from './support/run.js';

const rows = (count: number, first = 0) =>
  Array.from({ length: count }, (_, index) => ({ id: first + index }));

/** Counts the reads and closes of the sources below. */
class Source {
  pulled = 0;
  closed = 0;

  async *rows(count = 1_000_000, failAt = Infinity) {
    try {
      for (let id = 0; id < count; id++) {
        this.pulled++;
        if (id === failAt) throw new Error('the source broke');
        yield { id };
      }
    } finally {
      this.closed++;
    }
  }
}

/** Records the results of the inner interceptor. */
class OutsideInterceptor implements NestInterceptor {
  static seen: unknown[] = [];

  intercept(_context: unknown, next: CallHandler) {
    return next.handle().pipe(
      tap({
        next: (body) => OutsideInterceptor.seen.push(body),
        error: (error: unknown) => OutsideInterceptor.seen.push(error),
      }),
    );
  }
}

@Controller('watched')
@UseInterceptors(OutsideInterceptor, PaginationInterceptor)
class WatchedController {
  @Get('array')
  array() {
    return rows(3);
  }

  @Get('source')
  source() {
    return new Source().rows(3);
  }

  @Get('greedy')
  greedy() {
    return rows(5_000);
  }
}

@Controller('open')
class OpenController {
  @Get()
  page(@Paginate() page: PageRequest) {
    return page;
  }
}

@Controller('cached')
@UseInterceptors(PaginationInterceptor, CacheInterceptor)
class CachedController {
  @Get()
  list(@Paginate() page: PageRequest) {
    return rows(page.take, page.offset);
  }

  @Get('wrapped')
  wrapped(@Paginate() page: PageRequest) {
    return { data: rows(page.take) };
  }
}

class PrivateEnvelope {
  readonly #total = 5_000;
  constructor(readonly items: readonly unknown[]) {}

  toJSON() {
    return { items: this.items, total: this.#total };
  }
}

class Rows extends Array<unknown> {
  constructor(list: unknown) {
    super();
    if (!Array.isArray(list)) throw new TypeError('made of a list only');
    this.push(...(list as unknown[]));
  }
}

class Envelope {
  constructor(
    readonly items: readonly unknown[],
    readonly total: number,
  ) {}

  toJSON() {
    return { items: this.items, total: this.total, kind: 'envelope' };
  }
}

let source = new Source();
const shared = Object.freeze({ items: Object.freeze(rows(300)), page: 1 });

@Controller('list')
@UseInterceptors(PaginationInterceptor)
class ListController {
  @Get('paged')
  paged(@Paginate() page: PageRequest) {
    return rows(Math.max(0, Math.min(page.take, 250 - page.offset)), page.offset);
  }

  @Get('page')
  page(@Paginate() page: PageRequest) {
    return { ...page, frozen: Object.isFrozen(page) };
  }

  @Get('greedy')
  greedy(@Paginate() _page: PageRequest) {
    return rows(5_000);
  }

  @Get('legacy')
  legacy() {
    return rows(5_000);
  }

  @Get('promised')
  async promised() {
    return Promise.resolve(rows(5_000));
  }

  @Get('observed')
  observed() {
    return from([rows(3), rows(5_000)]);
  }

  @Get('observed-long')
  observedLong() {
    return concat(range(0, 1_000_000), of(rows(5_000)));
  }

  @Get('envelope')
  envelope() {
    return new Envelope(rows(5_000), 5_000);
  }

  @Get('private-envelope')
  privateEnvelope() {
    return new PrivateEnvelope(rows(5_000));
  }

  @Get('renamed')
  renamed() {
    return {
      items: rows(5_000),
      toJSON() {
        return { data: this.items };
      },
    };
  }

  @Get('names')
  names() {
    return Readable.from(rows(300).map(({ id }) => `name ${id}`));
  }

  @Get('lazy')
  lazy() {
    class Entity {
      toJSON() {
        return { id: 1 };
      }
    }
    const relation = (): never => {
      throw new Error('loaded on access');
    };
    return Object.defineProperty(new Entity(), 'relation', { get: relation, enumerable: true });
  }

  @Get('subclass')
  subclass() {
    return new Rows(rows(5_000));
  }

  @Get('text')
  async *text() {
    for (let line = 0; line < 300; line++) yield `${line}\n`;
  }

  @Get('shared')
  shared() {
    return shared;
  }

  @Get('generated')
  generated() {
    return source.rows();
  }

  @Get('generated-paged')
  generatedPaged(@Paginate() _page: PageRequest) {
    return source.rows(101);
  }

  @Get('generated-few')
  generatedFew() {
    return source.rows(3);
  }

  @Get('broken')
  broken() {
    return source.rows(1_000, 50);
  }

  @Get('stalled')
  async *stalled() {
    source.pulled++;
    yield { id: 0 };
    await new Promise((resolve) => setTimeout(resolve, 300));
    try {
      source.pulled++;
      yield { id: 1 };
    } finally {
      source.closed++;
    }
  }

  @Get('stream')
  stream() {
    const stream = Readable.from(source.rows());
    return stream;
  }

  @Get('stalled-stream')
  stalledStream() {
    return new Readable({
      objectMode: true,
      read() {
        source.pulled++;
      },
      destroy(error, done) {
        source.closed++;
        done(error);
      },
    });
  }

  @Get('bytes')
  bytes() {
    return new StreamableFile(Readable.from([Buffer.alloc(1_000, 'a'), Buffer.alloc(1_000, 'b')]));
  }

  @Get('byte-generator')
  async *byteGenerator() {
    for (let chunk = 0; chunk < 300; chunk++) yield Buffer.from('x');
  }

  @Get('raw')
  raw(@Res() response: { send(body: unknown): void }) {
    response.send(rows(300));
  }

  @Sse('events')
  events() {
    return range(0, 300).pipe();
  }

  @Get('scalar')
  scalar() {
    return 'text';
  }

  @Get('nothing')
  nothing() {}

  @Post('search')
  @HttpCode(200)
  search() {
    return rows(5_000);
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  const start = async (env: Record<string, string> = {}): Promise<HttpApp> => {
    source = new Source();
    return startApp(adapter, [ListController], { env });
  };

  describe('the page', () => {
    it('has PAGE_SIZE rows by default, and a larger limit is clamped to MAX_PAGE_SIZE', async () => {
      const { url } = await start({ PAGE_SIZE: '20', MAX_PAGE_SIZE: '50' });
      expect((await readAnswer(`${url}/list/page`)).body).toEqual({
        limit: 20,
        take: 21,
        offset: 0,
        direction: 'forward',
        frozen: true,
      });
      expect((await readAnswer(`${url}/list/page?limit=7&offset=14`)).body).toMatchObject({
        limit: 7,
        take: 8,
        offset: 14,
      });
      expect((await readAnswer(`${url}/list/page?limit=999999999999999999999`)).body).toMatchObject({
        limit: 50,
        take: 51,
      });
    });

    it.each([
      ['limit=0', 'limit'],
      ['limit=-5', 'limit'],
      ['limit=', 'limit'],
      ['limit=10abc', 'limit'],
      ['limit=1e3', 'limit'],
      ['limit=0x10', 'limit'],
      ['limit=%201', 'limit'],
      ['limit=1.0', 'limit'],
      ['limit=1&limit=2', 'limit'],
      ['offset=-1', 'offset'],
      ['offset=x', 'offset'],
      ['offset=99999999999999999999', 'offset'],
    ])('%s is refused with a 400 that names the parameter', async (query, parameter) => {
      const { url } = await start();
      for (const route of ['paged', 'legacy']) {
        const { status, body } = await readAnswer(`${url}/list/${route}?${query}`);
        expect(status).toBe(400);
        expect(body).toMatchObject({ statusCode: 400, code: 'ERR_PAGE_REQUEST', parameter });
      }
    });
  });

  it('an outer interceptor sees the rows of any source, and the error of an overrun', async () => {
    const options = { pagination: { overrun: 'error' } } as const;
    const { url } = await startApp(adapter, [WatchedController], options);
    OutsideInterceptor.seen = [];
    for (const route of ['array', 'source', 'greedy']) await fetch(`${url}/watched/${route}`);
    expect(OutsideInterceptor.seen).toEqual([
      rows(3),
      rows(3),
      expect.objectContaining({ code: 'ERR_PAGE_OVERRUN' }),
    ]);
  });

  it('@Paginate() also injects the page without the interceptor', async () => {
    const { url } = await startApp(adapter, [OpenController]);
    expect((await readAnswer(`${url}/open?limit=5000`)).body).toEqual({
      limit: 100,
      take: 101,
      offset: 0,
      direction: 'forward',
    });
    expect((await readAnswer(`${url}/open?limit=none`)).status).toBe(400);
  });

  describe('a list', () => {
    it.each(['legacy', 'promised', 'observed', 'observed-long', 'greedy', 'generated', 'stream'])(
      'is never longer than the page (%s)',
      async (route) => {
        const { url } = await start();
        expect((await readAnswer(`${url}/list/${route}`)).body).toEqual(rows(100));
        expect((await readAnswer(`${url}/list/${route}?limit=7`)).body).toEqual(rows(7));
      },
    );

    it('keeps the class of its envelope, and the object of the handler is not changed', async () => {
      const { url } = await start();
      expect((await readAnswer(`${url}/list/envelope?limit=2`)).body).toEqual({
        items: rows(2),
        total: 5_000,
        kind: 'envelope',
      });
      expect((await readAnswer(`${url}/list/shared?limit=2`)).body).toEqual({ items: rows(2), page: 1 });
      expect(shared.items).toHaveLength(300);
    });

    it('of any class is cut', async () => {
      const { url } = await start();
      const envelope = await readAnswer(`${url}/list/private-envelope?limit=2`);
      expect(envelope.body).toEqual({ items: rows(2), total: 5_000 });
      expect((await readAnswer(`${url}/list/renamed?limit=2`)).body).toEqual({ data: rows(2) });
      expect((await readAnswer(`${url}/list/subclass?limit=2`)).body).toEqual(rows(2));
      expect((await readAnswer(`${url}/list/names?limit=2`)).body).toEqual(['name 0', 'name 1']);
    });

    it('keeps its Link on a hit of an inner cache', async () => {
      const { url, logger } = await startApp(adapter, [CachedController]);
      for (let again = 0; again < 2; again++) {
        const { link, body } = await readAnswer(`${url}/cached?limit=2`);
        expect(link).toBe('<?limit=2&offset=2>; rel="next"');
        expect(body).toEqual(rows(2));
      }
      expect(logger.of('warn')).toEqual([]);
    });

    it('that is neither an array nor { items } causes one warning if the handler uses the page', async () => {
      const { url, logger } = await startApp(adapter, [CachedController]);
      await readAnswer(`${url}/cached/wrapped`);
      await readAnswer(`${url}/cached/wrapped`);
      expect(logger.of('warn')).toEqual([
        expect.stringContaining('CachedController.wrapped returned an object that is not cut'),
      ]);
    });

    it('is cut for any request method', async () => {
      const { url } = await start();
      const response = await fetch(`${url}/list/search`, { method: 'POST' });
      expect(await response.json()).toEqual(rows(100));
    });

    it('that is too long causes one warning per route, with its row counts', async () => {
      const { url, logger } = await start();
      for (let again = 0; again < 3; again++) {
        await readAnswer(`${url}/list/legacy`);
        await readAnswer(`${url}/list/greedy?limit=10`);
        await readAnswer(`${url}/list/generated`);
        await readAnswer(`${url}/list/paged`);
      }
      expect(logger.of('warn')).toEqual([
        expect.stringContaining('ListController.legacy returned 5000 rows for a page of 100'),
        expect.stringContaining('ListController.greedy returned 5000 rows for a page of 10'),
      ]);
    });
  });

  describe('the Link header', () => {
    it('leads through each row once if the handler uses the page', async () => {
      const { url } = await start();
      const seen: unknown[] = [];
      let next: string | undefined = `${url}/list/paged?q=a%20b&limit=60`;
      while (next !== undefined) {
        const { link, body }: { link: string | null; body: unknown[] } = await readAnswer(next);
        seen.push(...body);
        next =
          link === null ? undefined : new URL(/^<(.*)>; rel="next"$/.exec(link)?.[1] ?? 'none', next).href;
        if (next !== undefined) expect(new URL(next).searchParams.get('q')).toBe('a b');
      }
      expect(seen).toEqual(rows(250));
    });

    it('is also set for a source with more rows', async () => {
      const { url } = await start();
      expect((await readAnswer(`${url}/list/generated-paged`)).link).toBe(
        '<?limit=100&offset=100>; rel="next"',
      );
    });

    it('is absent if the handler ignores the page, and on the last page', async () => {
      const { url } = await start();
      expect((await readAnswer(`${url}/list/legacy`)).link).toBeNull();
      expect((await readAnswer(`${url}/list/generated`)).link).toBeNull();
      expect((await readAnswer(`${url}/list/paged?offset=200`)).link).toBeNull();
      expect((await readAnswer(`${url}/list/paged?offset=150&limit=100`)).link).toBeNull();
    });
  });

  describe('a source of rows', () => {
    it.each(['generated', 'stream'])(
      'is read up to one row beyond the page and closed once (%s)',
      async (route) => {
        const { url } = await start();
        await readAnswer(`${url}/list/${route}?limit=5`);
        // A stream also reads ahead to fill its buffer.
        expect(source.pulled).toBeLessThanOrEqual(route === 'stream' ? 6 + 16 : 6);
        expect(source.closed).toBe(1);
      },
    );

    it('that ends within the page is sent complete', async () => {
      const { url } = await start();
      expect((await readAnswer(`${url}/list/generated-few`)).body).toEqual(rows(3));
      expect(source).toMatchObject({ pulled: 3, closed: 1 });
    });

    it('that throws is answered with status 500 and no rows', async () => {
      const { url } = await start();
      const { status, body } = await readAnswer(`${url}/list/broken`);
      expect(status).toBe(500);
      expect(body).toEqual({ statusCode: 500, message: 'Internal server error' });
      expect(source.closed).toBe(1);
    });

    it.each(['stalled', 'stalled-stream'])(
      'is closed once when the client disconnects (%s)',
      async (route) => {
        const { url, logger } = await start();
        const { hostname, port } = new URL(url);
        const socket = createConnection(Number(port), hostname);
        socket.write(`GET /list/${route} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`);
        await expect.poll(() => source.pulled).toBeGreaterThan(0);
        socket.destroy();
        await expect.poll(() => source.closed).toBe(1);
        await new Promise((resolve) => setTimeout(resolve, 50));
        expect(source.closed).toBe(1);
        expect(logger.of('error')).toEqual([]);
      },
    );

    it('is also closed if its connection closes while its request is queued behind another', async () => {
      const { url } = await start();
      const { hostname, port } = new URL(url);
      const socket = createConnection(Number(port), hostname);
      const request = (route: string) => `GET /list/${route} HTTP/1.1\r\nHost: ${hostname}\r\n\r\n`;
      socket.write(request('stalled') + request('stalled-stream'));
      await expect.poll(() => source.pulled).toBeGreaterThan(1);
      socket.destroy();
      await expect.poll(() => source.closed).toBe(2);
    });

    it('of a million rows is served with a heap of 64 MiB', async () => {
      const { stdout } = await run('.build/test/fixtures/million-rows.app.js', {
        node: ['--max-old-space-size=64'],
        args: [adapter],
        env: { SECRET_KEY },
      });
      expect(JSON.parse(stdout)).toEqual({ status: 200, rows: 100, pulled: 101, closed: 1 });
    });
  });

  describe('a result that is not a list passes unchanged:', () => {
    it('a file', async () => {
      const { url } = await start();
      expect((await (await fetch(`${url}/list/bytes`)).text()).length).toBe(2_000);
    });

    it('a generator of bytes', async () => {
      const { url } = await start();
      expect(await (await fetch(`${url}/list/byte-generator`)).text()).toBe('x'.repeat(300));
    });

    it('a generator of text', async () => {
      const { url } = await start();
      expect((await (await fetch(`${url}/list/text`)).text()).split('\n')).toHaveLength(301);
    });

    it('server-sent events', async () => {
      const { url } = await start();
      const text = await (await fetch(`${url}/list/events?limit=none`)).text();
      expect(text.match(/^data: /gm)).toHaveLength(300);
    });

    it('an entity with lazy getters', async () => {
      const { url } = await start();
      expect((await readAnswer(`${url}/list/lazy`)).body).toEqual({ id: 1 });
    });

    it('a response sent by the handler, a text, and undefined', async () => {
      const { url } = await start();
      expect((await readAnswer(`${url}/list/raw`)).body).toHaveLength(300);
      expect(await (await fetch(`${url}/list/scalar`)).text()).toBe('text');
      expect(await (await fetch(`${url}/list/nothing`)).text()).toBe('');
    });

    it('another transport', async () => {
      const { app } = await start();
      const context = new ExecutionContextHost([{}], ListController, ListController.prototype.legacy);
      context.setType('rpc');
      const result = app.get(PaginationInterceptor, { strict: false });
      const answer = result.intercept(context, { handle: () => of(rows(300)) });
      expect(await lastValueFrom(answer)).toHaveLength(300);
      expect(
        await lastValueFrom(result.intercept(context, { handle: () => EMPTY }), { defaultValue: 'none' }),
      ).toBe('none');
    });
  });
});

it.each([
  [5_000, 5_000],
  [0, 10],
  [2.5, 10],
  [20, 10],
])(
  'a class whose rules resolve PAGE_SIZE to %d and MAX_PAGE_SIZE to %d is refused at boot',
  async (least, most) => {
    class Unbounded extends ProductionConfig {
      @Env(Joi.number().default(least))
      declare readonly PAGE_SIZE: number;

      @Env(Joi.number().default(most))
      declare readonly MAX_PAGE_SIZE: number;
    }
    await expect(startApp('express', [ListController], { config: Unbounded })).rejects.toThrow(
      ConfigDefinitionError,
    );
  },
);

it('PageRequestError has a stable code', () => {
  expect(new PageRequestError('limit', 'is wrong')).toMatchObject({
    code: 'ERR_PAGE_REQUEST',
    parameter: 'limit',
  });
});
