import { Agent, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Controller, Get, Module, UseInterceptors, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  type PageRequest,
} from 'nestjs-production-config';

const PAGE_SIZE = 7;
const MAX_PAGE_SIZE = 20;
const ROWS = 50;

function rowsFrom(offset: number): number[] {
  return Array.from({ length: ROWS }, (_, index) => offset + index);
}

@Controller()
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get('taken')
  taken(@Paginate() page: PageRequest): number[] {
    return rowsFrom(page.offset);
  }

  @Get('items')
  items(@Paginate() page: PageRequest): { items: number[] } {
    return { items: rowsFrom(page.offset) };
  }

  @Get('streamed')
  async *streamed(@Paginate() page: PageRequest): AsyncGenerator<number> {
    yield* rowsFrom(page.offset);
  }

  @Get('careless')
  careless(): number[] {
    return rowsFrom(0);
  }
}

@Module({
  imports: [
    ProductionConfigModule.forRoot({
      env: {
        NODE_ENV: 'production',
        SECRET_KEY: 'k9Zp2xQw7LmN4vBtR8sYc3HdJ6fGaE1uXo5TqWiVbKn',
        PAGE_SIZE: String(PAGE_SIZE),
        MAX_PAGE_SIZE: String(MAX_PAGE_SIZE),
      },
    }),
  ],
  controllers: [RowsController],
})
class AppModule {}

const options = { logger: false } as const;

const adapters: readonly { adapter: string; nested: boolean; create: () => Promise<INestApplication> }[] = [
  { adapter: 'Express', nested: false, create: () => NestFactory.create(AppModule, options) },
  {
    adapter: 'Express with the extended query parser',
    nested: true,
    create: async () => {
      const app = await NestFactory.create<NestExpressApplication>(AppModule, options);
      app.set('query parser', 'extended');
      return app;
    },
  },
  {
    adapter: 'Fastify',
    nested: false,
    create: () => NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), options),
  },
];

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly link: string | undefined;
  readonly body: string;
}

/** `fetch` would encode a query before it sends it; this sends what it is given. */
function get(port: number, agent: Agent, path: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const { 'content-type': type = '', link } = response.headers;
        const body = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, type, link: link as string | undefined, body });
      });
    })
      .on('error', reject)
      .end();
  });
}

/** What a query has to lead to. */
type Expected =
  | { readonly status: 200; readonly limit: number; readonly offset: number }
  | { readonly status: 400; readonly parameter: string };

/** The promise, once more and in other words, for the values that each parameter was given. */
function expectedOf(limits: readonly (string | object)[], offsets: readonly (string | object)[]): Expected {
  const limit = readingOf(limits, 1n);
  if (limit === 'malformed') return { status: 400, parameter: 'limit' };
  const offset = readingOf(offsets, 0n);
  if (offset === 'malformed' || (offset ?? 0n) > BigInt(Number.MAX_SAFE_INTEGER))
    return { status: 400, parameter: 'offset' };
  return {
    status: 200,
    limit: limit === undefined ? PAGE_SIZE : Number(limit > BigInt(MAX_PAGE_SIZE) ? MAX_PAGE_SIZE : limit),
    offset: Number(offset ?? 0n),
  };
}

function readingOf(given: readonly (string | object)[], least: bigint): bigint | 'malformed' | undefined {
  if (given.length === 0) return undefined;
  const [text] = given;
  if (given.length > 1 || typeof text !== 'string' || text === '') return 'malformed';
  if ([...text].some((character) => !'0123456789'.includes(character))) return 'malformed';
  return BigInt(text) < least ? 'malformed' : BigInt(text);
}

const digits = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('00', '007', '0', '1', '20', '21', '100000', '1000000000000000000000'),
  },
  { weight: 1, arbitrary: fc.constantFrom('9007199254740991', '9007199254740992', '18446744073709551616') },
  { weight: 1, arbitrary: fc.nat(400).map((length) => '9'.repeat(length + 1)) },
);
const noDigits = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '-1',
    '+5',
    ' 5',
    '5 ',
    '5\n',
    '\u00005',
    '1.0',
    '.5',
    '5.',
    '1e3',
    '0x10',
    '0b1',
    '1_000',
  ),
  fc.constantFrom(
    '٣',
    '５',
    '१',
    '²',
    '⑤',
    'Ⅴ',
    '5\u0301',
    'NaN',
    'Infinity',
    'null',
    'undefined',
    'true',
    '[]',
    '{}',
  ),
  fc.constantFrom(
    '10abc',
    '5;drop',
    '5,6',
    '5n',
    '__proto__',
    'constructor',
    '5%',
    '%35',
    '\u202e5',
    '5\u2028',
    '-0',
  ),
  fc.string({ unit: 'grapheme', maxLength: 12 }),
);
const value = fc.oneof({ weight: 3, arbitrary: digits }, { weight: 2, arbitrary: noDigits });

interface Pair {
  readonly name: string;
  readonly value: string | undefined;
}

const pair: fc.Arbitrary<Pair> = fc
  .tuple(
    fc.oneof(
      { weight: 6, arbitrary: fc.constantFrom('limit', 'offset') },
      {
        weight: 3,
        arbitrary: fc.constantFrom(
          'Limit',
          'LIMIT',
          'limit ',
          ' offset',
          'limits',
          'l',
          'after',
          'page',
          'toString',
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          'limit[a]',
          'limit[]',
          'limit[$gt]',
          'offset[0]',
          'offset[a][b]',
          'limit[0][]',
        ),
      },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          '__proto__[limit]',
          'constructor[prototype][limit]',
          '__proto__',
          'a[__proto__][b]',
        ),
      },
    ),
    fc.option(value, { nil: undefined, freq: 12 }),
  )
  .map(([name, content]) => ({ name, value: content }));

/** Three ways of writing the same text in a query. */
const encoders: readonly ((text: string) => string)[] = [
  encodeURIComponent,
  (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  (text) => [...Buffer.from(text)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
];

const wellFormed = fc
  .tuple(
    fc.array(fc.tuple(pair, fc.constantFrom(...encoders)), { maxLength: 6 }),
    fc.constantFrom('&', '&&', '&x=1&'),
  )
  .map(([pairs, and]) => ({
    pairs: pairs.map(([one]) => one),
    query: pairs
      .map(([{ name, value: text }, encode]) => encode(name) + (text === undefined ? '' : `=${encode(text)}`))
      .join(and),
  }));

/** The values that a parser hands over for a name: nested names belong to it only where the parser knows nesting. */
function valuesFor(pairs: readonly Pair[], name: string, nested: boolean): (string | object)[] {
  return pairs.flatMap((one) => {
    if (one.name === name) return [one.value ?? ''];
    return nested && one.name.startsWith(`${name}[`) ? [{}] : [];
  });
}

/** Queries that no client would write: whatever can stand in a request line. */
const malformed = fc.oneof(
  fc
    .array(
      fc.oneof(
        fc.constantFrom(
          'limit',
          'offset',
          '=',
          '&',
          '[',
          ']',
          '%',
          '%5B',
          '%5D',
          '%00',
          '%ff',
          '%zz',
          '%u0035',
          '+',
        ),
        fc.constantFrom(
          '?',
          '/',
          ';',
          '.',
          ',',
          '__proto__',
          'constructor',
          'prototype',
          'a',
          '5',
          '1e3',
          '-',
          '%C3',
        ),
      ),
      { maxLength: 24 },
    )
    .map((parts) => parts.join('')),
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
    maxLength: 60,
  }),
  fc.constantFrom(
    `limit=${'9'.repeat(4_000)}`,
    `limit${'[a]'.repeat(1_000)}=1`,
    'limit=5&'.repeat(500),
    'a&'.repeat(2_000),
    `${'a=1&'.repeat(1_500)}limit=5`,
    `limit[${'9'.repeat(20)}]=1`,
    'limit[length]=1',
    'limit[toString]=1&offset[valueOf]=1',
    'limit.a=1',
    'limit=5#limit=6',
  ),
);

const routes = fc.constantFrom('taken', 'items', 'streamed', 'careless');
// Batches have half of this on average: 320 and 100 of them make more than 10,000 queries.
const BATCH = 50;

function rowsOf({ body }: Answer): number[] {
  const parsed = JSON.parse(body) as number[] | { items: number[] };
  return Array.isArray(parsed) ? parsed : parsed.items;
}

describe.each(adapters)('10,000 random queries on $adapter', { timeout: 120_000 }, ({ nested, create }) => {
  let app: INestApplication;
  let ask: (path: string) => Promise<Answer>;
  const agent = new Agent({ keepAlive: true, maxSockets: BATCH });

  beforeAll(async () => {
    app = await create();
    await app.listen(0, '127.0.0.1');
    const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
    ask = (path) => get(port, agent, path);
  });
  afterAll(async () => {
    agent.destroy();
    await app.close();
  });

  it('that a client may write: the page it asks for, bounded, or a 400 that names the parameter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(routes, wellFormed), { minLength: 1, maxLength: BATCH, size: 'max' }),
        (batch) =>
          expectEach(batch, async ([route, { query, pairs }]) => {
            const answer = await ask(`/${route}?${query}`);
            const expected = expectedOf(
              valuesFor(pairs, 'limit', nested),
              valuesFor(pairs, 'offset', nested),
            );
            expect(answer.type).toContain('application/json');
            if (expected.status === 400) {
              expect(answer.status).toBe(400);
              const { parameter, code } = JSON.parse(answer.body) as Record<string, unknown>;
              expect({ parameter, code }).toEqual({
                parameter: expected.parameter,
                code: 'ERR_PAGE_REQUEST',
              });
              return;
            }
            const { limit, offset } = expected;
            expect(answer.status).toBe(200);
            expect(rowsOf(answer)).toEqual(rowsFrom(route === 'careless' ? 0 : offset).slice(0, limit));
          }),
      ),
      { numRuns: 320 },
    );
  });

  it('that no client would write: a bounded page or a 400, nothing else', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(routes, malformed), { minLength: 1, maxLength: BATCH, size: 'max' }),
        (batch) =>
          expectEach(batch, async ([route, query]) => {
            const answer = await ask(`/${route}?${query}`);
            expect(answer.type).toContain('application/json');
            if (answer.status === 200) {
              expect(rowsOf(answer).length).toBeLessThanOrEqual(MAX_PAGE_SIZE);
              return;
            }
            expect(answer.status).toBe(400);
            const { parameter } = JSON.parse(answer.body) as Record<string, unknown>;
            expect(['limit', 'offset']).toContain(parameter);
          }),
      ),
      { numRuns: 100 },
    );
  });

  it('the next link of a page leads to the rows behind it', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(wellFormed, { minLength: 1, maxLength: BATCH }), (batch) =>
        expectEach(batch, async ({ query, pairs }) => {
          const page = await ask(`/taken?${query}`);
          // Behind these there is none; see below.
          if (pairs.some(({ value: text }) => text?.startsWith('900719925474099'))) return;
          if (page.status !== 200) {
            expect(page.link).toBeUndefined();
            return;
          }
          const [, target] = /^<(\?[^>]*)>; rel="next"$/.exec(page.link ?? '') ?? [];
          const next = await ask(`/taken${target}`);
          expect(next.status).toBe(200);
          expect(rowsOf(next)[0]).toBe(rowsOf(page).at(-1)! + 1);
        }),
      ),
      { numRuns: 40 },
    );
  });

  it('there is no next link to an offset that would be refused', async () => {
    const page = await ask(`/taken?limit=5&offset=${Number.MAX_SAFE_INTEGER}`);
    expect(page.status).toBe(200);
    expect(page.link).toBeUndefined();
  });

  it('after them no prototype has changed', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('limit' in {}).toBe(false);
  });
});

/** Checks a batch at once; the error of the first that fails is the property's, so that it shrinks to that one. */
async function expectEach<T>(batch: readonly T[], check: (item: T) => Promise<void>): Promise<void> {
  await Promise.all(batch.map(check));
}
