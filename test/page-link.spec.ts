import { Controller, Get, Module, Query, UseInterceptors, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  type PageRequest,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { describedApp, QUERY_PARSERS, type QueryParser } from './support/raw-query.js';
import { RecordingLogger } from './support/recording-logger.js';

const TOTAL = 23;
const ids = Array.from({ length: TOTAL }, (_, id) => id);
type Filters = Record<string, unknown>;

const filtersIn = (query: Filters, own: readonly string[]) =>
  Object.fromEntries(Object.entries(query).filter(([name]) => !own.includes(name)));

/** Returns the received filters with each row. */
@Controller()
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get('plain')
  plain(@Paginate() page: PageRequest, @Query() query: Filters) {
    const filters = filtersIn(query, ['limit', 'offset']);
    return ids.slice(page.offset, page.offset + page.take).map((id) => ({ id, filters }));
  }

  @Get('sorted')
  sorted(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>, @Query() query: Filters) {
    const filters = filtersIn(query, ['limit', 'offset', 'after']);
    const first = page.after === undefined ? page.offset : page.after[0] + 1;
    const rows = ids.slice(first, first + page.take).map((id) => ({ id, filters }));
    return Page.of(rows, page, ({ id }) => [id]);
  }

  /** A page from an upstream service, with a cursor that is not of this list. */
  @Get('foreign')
  foreign(@Paginate() _page: PageRequest) {
    return { items: [0], page: { limit: 1, hasMore: true, next: 'theirs' } };
  }
}

@Module({
  imports: [ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY, PAGE_SIZE: '5' } })],
  controllers: [RowsController],
})
class AppModule {}

type Ask = ReturnType<typeof describedApp>;
interface Step {
  readonly ids: number[];
  readonly filters: Filters | undefined;
  readonly link: string | undefined;
}

async function stepOf(ask: Ask, target: string): Promise<Step | number> {
  const { status, body, link } = await ask(target);
  if (status !== 200) return status;
  const parsed = JSON.parse(body) as { items: object[] } | object[];
  const rows = (Array.isArray(parsed) ? parsed : parsed.items) as { id: number; filters: Filters }[];
  const next = /^<(.*)>; rel="next"$/.exec(link ?? '')?.[1];
  return { ids: rows.map(({ id }) => id), filters: rows[0]?.filters, link: next };
}

/** Follows the links as an HTTP client resolves them. */
async function walk(ask: Ask, target: string): Promise<Step[]> {
  const steps: Step[] = [];
  for (let url: URL | undefined = new URL(target, 'http://client.test'); url !== undefined;) {
    const step: Step | number = await stepOf(ask, steps.length === 0 ? target : url.pathname + url.search);
    if (typeof step === 'number') throw new Error(`status ${step} for ${url.href}`);
    steps.push(step);
    if (steps.length > TOTAL + 2) throw new Error(`the walk does not end: ${url.href}`);
    url = step.link === undefined ? undefined : new URL(step.link, url);
  }
  return steps;
}

const idsOf = (steps: readonly Step[]) => steps.flatMap((step) => step.ids);

describe.each(QUERY_PARSERS)('on $adapter, the Link', (parser) => {
  const ask = describedApp(AppModule, parser);

  it.each([
    ['after', '/plain?after=2024-01-10&limit=3', { after: '2024-01-10' }],
    ['a name that only starts like a page parameter', '/plain?limits=2&limit=3', { limits: '2' }],
    ['a name in uppercase', '/plain?LIMIT=2&limit=3', { LIMIT: '2' }],
    ['a question mark before the name', '/plain??limit=9&limit=3', { '?limit': '9' }],
    ['a question mark in the value', '/plain?q=a?b&limit=3', { q: 'a?b' }],
    ['a repeated name', '/plain?q=a&limit=3&q=b', { q: ['a', 'b'] }],
    ['an encoded value', '/plain?q=%26a%3D%23&limit=3', { q: '&a=#' }],
    ['an empty name', '/plain?=x&limit=3', { '': 'x' }],
    ['an absolute target', 'http://client.test/plain?q=a&limit=3', { q: 'a' }],
    ['a cursor', '/sorted?q=a&limit=3', { q: 'a' }],
    ['a cursor after an offset', '/sorted?q=a&limit=3&offset=0', { q: 'a' }],
  ])('preserves a filter on every page (%s)', async (_what, target, filters) => {
    // qs ignores a parameter without a name.
    const expected = parser.nested && '' in filters ? {} : filters;
    const steps = await walk(ask, target);
    expect(idsOf(steps)).toEqual(ids);
    for (const step of steps) expect(step.filters).toEqual(expected);
  });

  it.each([
    '/plain?%6Cimit=3',
    '/plain?limit=%33',
    '/plain?l%69mit=3&%6fffset=0',
    '/sorted?%6Cimit=3',
    '/plain?limit=3&[offset]=0',
  ])('replaces an encoded page parameter (%s)', async (target) => {
    const steps = await walk(ask, target);
    expect(idsOf(steps)).toEqual(ids);
    expect(steps).toHaveLength(8);
  });

  it('replaces the position of the current page', async () => {
    const first = (await stepOf(ask, '/sorted?limit=3&offset=3&q=a')) as Step;
    expect(first.link).toMatch(/^\?limit=3&after=[^&]+&q=a$/);
    const second = (await stepOf(ask, `/sorted${first.link}`)) as Step;
    expect(second.link).toMatch(/^\?limit=3&after=[^&]+&q=a$/);
    expect(second.link).not.toBe(first.link);
  });

  it.each(['/plain?limit=3&q=a#b', '/plain?q=a#b&limit=9', '/plain#?limit=9', '/plain?limit=3#'])(
    'leads to the next page if the target contains a number sign (%s)',
    async (target) => {
      const first = await stepOf(ask, target);
      // Fastify reads the number sign as part of the last value.
      if (typeof first === 'number') {
        expect([parser.adapter, first]).toEqual(['Fastify', 400]);
        return;
      }
      expect(first.link).not.toContain('#');
      const steps = await walk(ask, target);
      expect(idsOf(steps)).toEqual(ids);
      for (const step of steps) expect(step.filters).toEqual(first.filters);
    },
  );

  it('is relative, so that it works behind a proxy that strips a path prefix', async () => {
    expect((await ask('/plain?limit=3&q=a')).link).toBe('<?limit=3&offset=3&q=a>; rel="next"');
  });

  it('is absent if a query has more parameters than the parser reads', async () => {
    const filters = (count: number) => Array.from({ length: count }, (_, index) => `f${index}=1`).join('&');
    const full = await walk(ask, `/plain?${filters(998)}`);
    expect(idsOf(full)).toEqual(ids);
    for (const { filters: read } of full) expect(Object.keys(read ?? {})).toHaveLength(998);
    expect((await stepOf(ask, `/plain?${filters(999)}`)) as Step).toMatchObject({ link: undefined });
  });

  it('does not lead back to the same page', async () => {
    expect((await ask('/foreign?limit=1')).link).toBe('<?limit=1&after=theirs>; rel="next"');
    expect((await ask('/foreign?limit=1&after=theirs')).link).toBeUndefined();
  });

  const text = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 6 }).map(encodeURIComponent),
    fc.string({ unit: fc.constantFrom(..."ab?/=;,.!~*'()+$@:|[]{}"), maxLength: 6 }),
  );
  const filter = fc
    .tuple(
      fc.oneof(
        { weight: 2, arbitrary: fc.constantFrom('q', 'page', 'Limit', '?offset', 'limit2', '__proto__') },
        { weight: 1, arbitrary: fc.constantFrom('a[]', 'a[b]', 'a[0]', 'a%5Bc%5D') },
        text,
      ),
      fc.option(text, { nil: undefined }),
    )
    .map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
  const own = fc.record({
    limit: fc.option(fc.integer({ min: 1, max: 30 }), { nil: undefined }),
    offset: fc.option(fc.integer({ min: 0, max: 30 }), { nil: undefined }),
  });
  const query = fc.tuple(own, fc.array(filter, { maxLength: 6 }), fc.nat(6)).map(([page, filters, at]) => {
    const pairs = Object.entries(page).flatMap(([name, value]) =>
      value === undefined ? [] : `${name}=${value}`,
    );
    return [...filters.slice(0, at), ...pairs, ...filters.slice(at)].join('&');
  });

  it('leads through each row once and preserves every filter, for any query', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('plain', 'sorted'), query, async (route, sent) => {
        const target = `/${route}?${sent}`;
        const first = await stepOf(ask, target);
        // A bracketed filter can be an invalid page parameter.
        if (typeof first === 'number') {
          expect(first).toBe(400);
          return;
        }
        const steps = await walk(ask, target);
        const start = first.ids[0] ?? TOTAL;
        expect(idsOf(steps)).toEqual(ids.slice(start));
        for (const step of steps) expect(step.filters).toEqual(first.filters);
      }),
      { numRuns: 100 },
    );
  });
});

type Rewrite = (target: string) => string;

const serve: Record<string, (rewrite: Rewrite, logger: RecordingLogger) => Promise<INestApplication>> = {
  'an Express middleware': async (rewrite, logger) => {
    const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger });
    app.use((request: IncomingMessage, _response: unknown, next: () => void) => {
      request.url = rewrite(request.url!);
      next();
    });
    return app;
  },
  'an Express middleware that defines the query': async (rewrite, logger) => {
    const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger });
    app.use((request: IncomingMessage, _response: unknown, next: () => void) => {
      const { pathname, searchParams } = new URL(rewrite(request.url!), 'http://server.test');
      request.url = pathname + new URL(request.url!, 'http://server.test').search;
      const names = [...new Set(searchParams.keys())];
      const entries = names.map((name) => [name, searchParams.getAll(name)] as const);
      const value = Object.fromEntries(entries.map(([name, all]) => [name, all.length > 1 ? all : all[0]]));
      Object.defineProperty(request, 'query', { value });
      next();
    });
    return app;
  },
  'rewriteUrl of Fastify': async (rewrite, logger) => {
    const adapter = new FastifyAdapter({
      rewriteUrl: (request: IncomingMessage) => rewrite(String(request.url)),
    });
    return NestFactory.create(AppModule, adapter, { logger });
  },
};

/** Changes the path and the parameters of a request target. */
const rewriting =
  (change: (parameters: URLSearchParams, path: string) => string | void): Rewrite =>
  (target) => {
    const { pathname, searchParams } = new URL(target, 'http://server.test');
    const path = change(searchParams, pathname) ?? pathname;
    return `${path}?${searchParams.toString()}`;
  };

const take = (parameters: URLSearchParams, name: string): string | null => {
  const value = parameters.get(name);
  parameters.delete(name);
  return value;
};

const renaming = rewriting((parameters) => {
  const size = Number(take(parameters, 'size') ?? parameters.get('limit') ?? 5);
  const number = take(parameters, 'page');
  parameters.set('limit', String(size));
  if (number !== null) parameters.set('offset', String((Number(number) - 1) * size));
});

describe.each(Object.entries(serve))('behind %s', (_name, create) => {
  const logger = new RecordingLogger();
  let rewrite: Rewrite = (target) => target;
  const parser: QueryParser = {
    adapter: '',
    nested: false,
    create: () => create((target) => rewrite(target), logger),
  };
  const ask = describedApp(AppModule, parser);
  const unlinked = () => logger.of('warn').filter((line) => line.includes('has no Link'));

  it.each([
    ['rewrites the path', '/v1/plain?limit=4&q=a', rewriting((_, path) => path.replace('/v1', '')), 0],
    [
      'rewrites the path of a list by cursor',
      '/v1/sorted?limit=4&q=a',
      rewriting((_, path) => path.replace('/v1', '')),
      0,
    ],
    ['renames parameters', '/plain?size=4&q=a', renaming, 0],
    ['renames parameters of a list by cursor', '/sorted?size=4&q=a', renaming, 0],
    ['renames parameters, from the second page', '/plain?page=2&size=4&q=a', renaming, 4],
    ['sets the limit', '/plain?limit=900&q=a', rewriting((parameters) => parameters.set('limit', '4')), 0],
    ['adds a filter', '/plain?limit=4', rewriting((parameters) => parameters.set('q', 'a')), 0],
  ])('that %s, the Link leads through the list', async (_what, target, change, first) => {
    rewrite = change;
    const steps = await walk(ask, target);
    expect(idsOf(steps)).toEqual(ids.slice(first));
    for (const { filters } of steps) expect(filters).toEqual({ q: 'a' });
  });

  it.each([
    ['/plain', rewriting((parameters) => parameters.set('offset', '4'))],
    ['/sorted', rewriting((parameters) => parameters.delete('after'))],
    ['/plain/3', rewriting((parameters) => (parameters.set('offset', '10'), '/plain'))],
  ])(
    'that sets the position itself, the Link does not loop and a warning is logged (%s)',
    async (target, change) => {
      rewrite = change;
      const steps = await walk(ask, `${target}?limit=4&q=a`);
      expect(steps.length).toBeLessThanOrEqual(2);
      expect(unlinked().join('\n')).toContain(target.includes('sorted') ? '.sorted has' : '.plain has');
    },
  );
});

it('the Link does not depend on the prefix of the application or of a parent router', async () => {
  const inner = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false });
  inner.setGlobalPrefix('api');
  await inner.init();
  const outer = await NestFactory.create<NestExpressApplication>(AppModule, { logger: false });
  outer.use('/mounted', inner.getHttpAdapter().getInstance());
  onTestFinished(async () => {
    await outer.close();
    await inner.close();
  });
  await outer.listen(0, '127.0.0.1');
  const headers = { 'x-forwarded-prefix': '/shop' };
  const response = await fetch(`${await outer.getUrl()}/mounted/api/plain?limit=3&q=a`, { headers });
  expect(response.headers.get('link')).toBe('<?limit=3&offset=3&q=a>; rel="next"');
});
