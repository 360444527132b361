import { Controller, Get, Module, UseInterceptors } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  ProductionConfigModule,
  type PageRequest,
} from 'nestjs-production-config';
import { keyEnv, ringOf } from './support/fleet.ring.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { cursorOf } from './support/page-cursors.js';
import {
  BATCH,
  boundsOf,
  describedApp,
  ENCODERS,
  expectEach,
  QUERY_PARSERS,
  valuesFor,
  type Pair,
} from './support/raw-query.js';
import { runs } from './support/runs.js';

const LIMITS = { pageSize: 7, maxPageSize: 20, maxOffset: 10_000 };
const ROWS = 50;
const rowsFrom = (first: number) => Array.from({ length: ROWS }, (_, index) => first + index);

@Controller()
@UseInterceptors(PaginationInterceptor)
class RowsController {
  @Get('sorted')
  sorted(@Paginate({ sort: ['id:asc:number'] }) page: PageRequest<[number]>) {
    // More rows than the page requests: the response is bounded anyway.
    return Page.of(rowsFrom(page.after ? page.after[0] + 1 : page.offset), page, (id) => [id]);
  }

  @Get('plain')
  plain(@Paginate() page: PageRequest) {
    return rowsFrom(page.offset);
  }
}

@Module({
  imports: [
    ProductionConfigModule.forRoot({ env: { ...keyEnv([SECRET_KEY]), PAGE_SIZE: '7', MAX_PAGE_SIZE: '20' } }),
  ],
  controllers: [RowsController],
})
class AppModule {}

const keys = ringOf(SECRET_KEY);
const ownCursor = (id: number) => cursorOf([id], { keys, list: '/sorted', sort: ['id'] });
const own = new Map(rowsFrom(0).map((id) => [ownCursor(id), id]));

/** Validly signed cursors, but none of this list with a key of its kind. */
const foreign = [
  cursorOf([3], { keys, list: '/plain', sort: ['id'] }),
  cursorOf([3], { keys, list: 'sorted', sort: ['id'] }),
  cursorOf([3], { keys, list: '/sorted', sort: ['id:desc'] }),
  cursorOf([3], { keys, list: '/sorted', sort: ['number'] }),
  cursorOf([3, 4], { keys, list: '/sorted', sort: ['id', 'name'] }),
  cursorOf([3], { keys: ringOf(OTHER_KEYS[0]), list: '/sorted', sort: ['id'] }),
  ...(['3', 3n, true] as const).map((key) => cursorOf([key], { keys, list: '/sorted', sort: ['id'] })),
];

const ownText = fc.constantFrom(...own.keys());
const hostile = fc.oneof(
  fc.constantFrom('', '.', '..', '=', '\0', ' ', '0', '1', 'null', 'undefined', 'true', '[]', '{}', '[3]'),
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    "' OR 1=1 --",
    '${7*7}',
    '%00',
    '\r\nX: y',
    '\ufeff',
  ),
  fc.constantFrom('\ud800', '\udfff.\ud800', 'a\udc00', '\u202e', '\u0301', '😀'),
  fc.nat(400).map((length) => 'A'.repeat(length)),
  fc
    .tuple(fc.nat(300), fc.constantFrom('A', '-', '_', '='))
    .map(([n, end]) => `${'A'.repeat(n)}.${end.repeat(43)}`),
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 20 }),
);

/** Payloads with another JSON text, to combine with an existing signature. */
const payload = fc
  .oneof(
    fc.constantFrom(
      '[3]',
      '[ 3]',
      '[3.0]',
      '[3e0]',
      '[]',
      '[3,4]',
      '3',
      'null',
      '{}',
      '["3"]',
      '[null]',
      '[[3]]',
      '[',
      '',
    ),
    fc.constantFrom(
      '{"__proto__":[3]}',
      '[{"__proto__":{"number":"3"}}]',
      '{"length":1,"0":3}',
      '[{"number":"3"}]',
      '[{"bigint":"x"}]',
      '{"constructor":{"prototype":{}}}',
    ),
    fc.json({ maxDepth: 2 }),
  )
  .map((text) => Buffer.from(text).toString('base64url'));

const parts = (cursor: string) => {
  const dot = cursor.indexOf('.');
  return [cursor.slice(0, dot), cursor.slice(dot + 1)] as const;
};

/** Own cursors with random damage; some of them remain unchanged. */
const damaged = fc
  .tuple(ownText, ownText, payload, hostile, fc.nat(), fc.nat(7))
  .chain(([cursor, other, body, text, at, bit]) => {
    const index = at % cursor.length;
    const [packed, signature] = parts(cursor);
    const flipped = String.fromCharCode(cursor.charCodeAt(index) ^ (1 << bit));
    return fc.constantFrom(
      cursor.slice(0, index),
      cursor.slice(index),
      cursor + text,
      text + cursor,
      `${cursor}\0`,
      `\0${cursor}`,
      cursor + cursor,
      cursor.slice(0, index) + flipped + cursor.slice(index + 1),
      cursor.slice(0, index) + text + cursor.slice(index),
      cursor.replace('.', '..'),
      cursor.replace('.', ''),
      cursor.replace('.', '%2E'),
      cursor.toLowerCase(),
      cursor.replaceAll('-', '+').replaceAll('_', '/'),
      `${packed}=.${signature}`,
      `${packed}==.${signature}=`,
      `${cursor}=`,
      `${packed}.${signature.slice(0, -1)}${String.fromCharCode(signature.charCodeAt(42) + 1)}`,
      `${packed}.${parts(other)[1]}`,
      `${body}.${signature}`,
      `.${signature}`,
      `${packed}.`,
      `${packed} .${signature}`,
    );
  });

const after = fc.oneof(
  { weight: 4, arbitrary: ownText },
  { weight: 2, arbitrary: fc.constantFrom(...foreign) },
  { weight: 4, arbitrary: damaged },
  { weight: 2, arbitrary: hostile },
);
/** A query cannot contain a lone surrogate: U+FFFD replaces it. */
const wellFormed = (text: string) => Buffer.from(text).toString();

const named = (...names: string[]) => fc.constantFrom(...names);
const pair: fc.Arbitrary<Pair> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ name: named('after'), value: fc.option(after, { nil: undefined, freq: 20 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: named('after[]', 'after[0]', 'after[a]', 'after[a][b]'), value: after }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: named('After', 'after ', 'before', '__proto__[after]', 'q'), value: after }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ name: named('limit'), value: fc.integer({ min: 0, max: 30 }).map(String) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ name: named('offset'), value: named('0', '5', '10000', '10001', 'x', '') }),
  },
);
const query = fc
  .array(fc.tuple(pair, fc.constantFrom(...ENCODERS)), { minLength: 1, maxLength: 3 })
  .map((all) => {
    const pairs = all.map(([{ name, value }]) => ({
      name,
      value: value === undefined ? value : wellFormed(value),
    }));
    const written = all.map(([, encode], index) => {
      const { name, value } = pairs[index]!;
      return encode(name) + (value === undefined ? '' : `=${encode(value)}`);
    });
    return { pairs, query: written.join('&') };
  });

/** Malformed queries around cursors. */
const malformed = fc.oneof(
  fc
    .array(
      fc.oneof(
        ownText,
        fc.constantFrom(
          'after',
          '=',
          '&',
          '[',
          ']',
          '.',
          '+',
          '%',
          '%00',
          '%ff',
          '%ed%a0%80',
          '%C3',
          '%u0041',
          ';',
          '__proto__',
        ),
      ),
      { maxLength: 16 },
    )
    .map((texts) => texts.join('')),
  fc
    .tuple(ownText, fc.constantFrom('%ed%a0%80', '%00', '%zz', '%', '%ff', '%80', '#', '\\', '"'))
    .map(([cursor, end]) => `after=${cursor}${end}`),
  fc.constantFrom(
    `after=${'A'.repeat(12_000)}`,
    `after=${'%2e'.repeat(4_000)}`,
    `after=${'.'.repeat(12_000)}`,
    `after${'[a]'.repeat(1_000)}=1`,
    'after=&'.repeat(1_000),
    'after[length]=1',
    'after[toString]=1',
    'after[__proto__]=1',
    'after.a=1',
  ),
);

interface Body {
  readonly items: number[];
  readonly page: { readonly limit: number; readonly hasMore: boolean; readonly next: string };
}
const bodyOf = ({ body }: { readonly body: string }) => JSON.parse(body) as Body;

function expectRefusal(body: string, parameter: string): void {
  expect(JSON.parse(body)).toMatchObject({ statusCode: 400, code: 'ERR_PAGE_REQUEST', parameter });
}

describe.each(QUERY_PARSERS)(`${runs(10_000)} random cursors on $adapter`, { timeout: 600_000 }, (parser) => {
  const ask = describedApp(AppModule, parser);

  it('the cursors that this test accepts are those of the list', async () => {
    const seen: number[] = [];
    let target = '?limit=1';
    while (seen.length < 20) {
      const { items, page } = bodyOf(await ask(`/sorted${target}`));
      expect(own.get(page.next)).toBe(items[0]);
      seen.push(...items);
      target = `?limit=1&after=${page.next}`;
    }
    expect(seen).toEqual(rowsFrom(0).slice(0, 20));
  });

  it('only a cursor of the list is accepted, and any other is a 400 that names the parameter', async () => {
    const counts = { accepted: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(fc.array(query, { minLength: 1, maxLength: BATCH, size: 'max' }), (batch) =>
        expectEach(batch, async ({ pairs, query: text }) => {
          const answer = await ask(`/sorted?${text}`);
          const [limits, offsets, cursors] = ['limit', 'offset', 'after'].map((name) =>
            valuesFor(pairs, name, parser.nested),
          ) as [[], [], (string | object)[]];
          expect(answer.type).toContain('application/json');
          const bounds = boundsOf(limits, offsets, LIMITS);
          const id = cursors.length === 1 ? own.get(cursors[0] as string) : undefined;
          const isCombined = cursors.length > 0 && offsets.length > 0;
          const isRefused = isCombined || (cursors.length > 0 && id === undefined);
          if (bounds.status === 400 || isRefused) {
            counts.refused++;
            expect(answer.status).toBe(400);
            expectRefusal(answer.body, bounds.status === 400 && !isCombined ? bounds.parameter : 'after');
            return;
          }
          if (cursors.length > 0) counts.accepted++;
          expect(answer.status).toBe(200);
          const { items, page } = bodyOf(answer);
          const first = id === undefined ? bounds.offset : id + 1;
          expect(items).toEqual(rowsFrom(first).slice(0, bounds.limit));
          expect(page).toEqual({ limit: bounds.limit, hasMore: true, next: ownCursor(items.at(-1)!) });
        }),
      ),
      { numRuns: runs(400) },
    );
    expect(counts.accepted).toBeGreaterThan(runs(500));
    expect(counts.refused).toBeGreaterThan(runs(500));
  });

  it('any other request line leads to a bounded page or a 400', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(malformed, { minLength: 1, maxLength: BATCH, size: 'max' }), (batch) =>
        expectEach(batch, async (text) => {
          const answer = await ask(`/sorted?${text}`);
          expect(answer.type).toContain('application/json');
          if (answer.status === 400) return expectRefusal(answer.body, 'after');
          expect(answer.status).toBe(200);
          expect(bodyOf(answer).items.length).toBeLessThanOrEqual(LIMITS.maxPageSize);
        }),
      ),
      { numRuns: runs(100) },
    );
  });

  it('a list without a sort ignores the parameter', async () => {
    await fc.assert(
      fc.asyncProperty(after, fc.constantFrom(...ENCODERS), async (text, encode) => {
        const answer = await ask(`/plain?after=${encode(wellFormed(text))}`);
        expect(answer.status).toBe(200);
        expect(JSON.parse(answer.body)).toEqual(rowsFrom(0).slice(0, LIMITS.pageSize));
      }),
      { numRuns: runs(300) },
    );
  });

  it('no prototype has changed afterwards', () => {
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect('after' in {}).toBe(false);
  });
});
