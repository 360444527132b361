import { Controller, Get, Module, UseInterceptors } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  type PageRequest,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import {
  BATCH,
  boundsOf,
  describedApp,
  ENCODERS,
  expectEach,
  QUERY_PARSERS,
  valuesFor,
  type Answer,
  type Pair,
} from './support/raw-query.js';
import { runs } from './support/runs.js';

const PAGE_SIZE = 7;
const MAX_PAGE_SIZE = 20;
const LIMITS = { pageSize: PAGE_SIZE, maxPageSize: MAX_PAGE_SIZE, maxOffset: 10_000 };
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
        SECRET_KEY,
        PAGE_SIZE: String(PAGE_SIZE),
        MAX_PAGE_SIZE: String(MAX_PAGE_SIZE),
      },
    }),
  ],
  controllers: [RowsController],
})
class AppModule {}

const digits = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 40 }).map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('00', '007', '0', '1', '20', '21', '100000', '1000000000000000000000'),
  },
  { weight: 1, arbitrary: fc.integer({ min: 9_975, max: 10_005 }).map(String) },
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

const wellFormed = fc
  .tuple(
    fc.array(fc.tuple(pair, fc.constantFrom(...ENCODERS)), { maxLength: 6 }),
    fc.constantFrom('&', '&&', '&x=1&'),
  )
  .map(([pairs, and]) => ({
    pairs: pairs.map(([one]) => one),
    query: pairs
      .map(([{ name, value: text }, encode]) => encode(name) + (text === undefined ? '' : `=${encode(text)}`))
      .join(and),
  }));

/** Malformed queries, of any characters that are allowed in a request line. */
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

function rowsOf({ body }: Answer): number[] {
  const parsed = JSON.parse(body) as number[] | { items: number[] };
  return Array.isArray(parsed) ? parsed : parsed.items;
}

describe.each(QUERY_PARSERS)(`${runs(10_000)} random queries on $adapter`, { timeout: 600_000 }, (parser) => {
  const { nested } = parser;
  const ask = describedApp(AppModule, parser);

  it('if well-formed, return the requested page within the limits, or a 400 that names the parameter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(routes, wellFormed), { minLength: 1, maxLength: BATCH, size: 'max' }),
        (batch) =>
          expectEach(batch, async ([route, { query, pairs }]) => {
            const answer = await ask(`/${route}?${query}`);
            const expected = boundsOf(
              valuesFor(pairs, 'limit', nested),
              valuesFor(pairs, 'offset', nested),
              LIMITS,
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
      // Batches have 25 queries on average, so 320 and 100 of them have more than 10,000.
      { numRuns: runs(320) },
    );
  });

  it('if malformed, return a page within the limits, or a 400', async () => {
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
      { numRuns: runs(100) },
    );
  });

  it('if well-formed, return a next link to the following rows', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(wellFormed, { minLength: 1, maxLength: BATCH }), (batch) =>
        expectEach(batch, async ({ query, pairs }) => {
          const page = await ask(`/taken?${query}`);
          const expected = boundsOf(
            valuesFor(pairs, 'limit', nested),
            valuesFor(pairs, 'offset', nested),
            LIMITS,
          );
          if (expected.status === 400) {
            expect(page.link).toBeUndefined();
            return;
          }
          const [, target] = /^<(\?[^>]*)>; rel="next"$/.exec(page.link ?? '') ?? [];
          const next = await ask(`/taken${target}`);
          if (expected.offset + expected.limit > LIMITS.maxOffset) {
            expect(next.status).toBe(400);
            return;
          }
          expect(next.status).toBe(200);
          expect(rowsOf(next)[0]).toBe(rowsOf(page).at(-1)! + 1);
        }),
      ),
      { numRuns: runs(40) },
    );
  });

  it('end a walk with a 400 that names the offset if it is too large', async () => {
    const [last, beyond] = [
      await ask('/taken?limit=5&offset=10000'),
      await ask('/taken?limit=5&offset=10001'),
    ];
    expect([last.status, last.link]).toEqual([200, '<?limit=5&offset=10005>; rel="next"']);
    expect(beyond.status).toBe(400);
    expect(JSON.parse(beyond.body)).toMatchObject({ parameter: 'offset' });
  });

  it('do not change Object.prototype', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('limit' in {}).toBe(false);
  });
});
