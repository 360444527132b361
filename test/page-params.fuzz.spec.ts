import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIALECTS, IDS, listModule, MAX_PAGE_SIZE, type Dialect } from './support/dialects.js';
import {
  BATCH,
  describedApp,
  ENCODERS,
  expectEach,
  QUERY_PARSERS,
  type Answer,
} from './support/raw-query.js';
import { IS_LONG } from './support/runs.js';

const MAX_OFFSET = 60;
// They follow links, too, so that there are fewer in the short suite.
const QUERIES = Number(process.env['QUERIES'] ?? (IS_LONG ? 2_000 : 250));
// One that makes objects of names with brackets, and one that keeps the names.
const PARSERS = QUERY_PARSERS.filter(({ adapter, nested }) => nested || adapter === 'Fastify');

const value = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 30 }).map(String) },
  { weight: 2, arbitrary: fc.integer({ min: 0, max: 200 }).map(String) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(70), fc.nat(30), fc.constantFrom(',', ', ', ' ,', '-'))
      .map(([start, more, comma]) => `[${start}${comma}${start + more}]`),
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '-1',
      '+1',
      '1e3',
      '0x10',
      '1.0',
      '٣',
      '５',
      'null',
      'true',
      '[]',
      '[0]',
      '[1,0]',
      '{}',
      '__proto__',
      '9007199254740993',
      '9'.repeat(400),
      `[0,${'9'.repeat(400)}]`,
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
);

/** The names of a dialect, and mutations of them. */
const nameIn = (names: readonly string[]) =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...names) },
    {
      weight: 3,
      arbitrary: fc
        .tuple(
          fc.constantFrom(...names),
          fc.constantFrom<(name: string) => string>(
            (name) => `${name}[]`,
            (name) => `${name}[a]`,
            (name) => `${name}[0]`,
            (name) => `${name}[length]`,
            (name) => `[${name}]`,
            (name) => name.replace(/\[.*/, ''),
            (name) => name.replace(']', ''),
            (name) => `__proto__[${name}]`,
            (name) => name.toUpperCase(),
            (name) => `${name} `,
            (name) => name.replace(/\[(.*)\]/, '.$1'),
          ),
        )
        .map(([name, mutate]) => mutate(name)),
    },
    { weight: 1, arbitrary: fc.constantFrom('q', 'limit', 'offset', 'page', 'after', 'sort', 'a[b]', '') },
  );

const queryOf = ({ names }: Dialect) =>
  fc
    .array(
      fc.tuple(nameIn(names), fc.option(value, { nil: undefined, freq: 12 }), fc.constantFrom(...ENCODERS)),
      {
        maxLength: 5,
      },
    )
    .map((pairs) =>
      pairs
        .map(([name, text, encode]) => encode(name) + (text === undefined ? '' : `=${encode(text)}`))
        .join('&'),
    );

/** Any characters that a request line may have. */
const garbage = ({ names }: Dialect) =>
  fc
    .array(
      fc.oneof(
        fc.constantFrom(...names),
        fc.constantFrom(
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
          '+',
          '?',
          ';',
          ',',
          '#',
          '5',
          '[0,4]',
        ),
      ),
      { maxLength: 16 },
    )
    .map((parts) => parts.join(''));

const idsOf = ({ body }: Answer) => {
  const parsed = JSON.parse(body) as { items: { id: number }[] } | { id: number }[];
  return (Array.isArray(parsed) ? parsed : parsed.items).map(({ id }) => id);
};

describe.each(PARSERS)('on $adapter', { timeout: 600_000 }, (parser) => {
  for (const dialect of DIALECTS) {
    const { name, params, names, at } = dialect;
    const ask = describedApp(listModule({ params, maxOffset: MAX_OFFSET }), parser);
    const paths = [
      ...(at === undefined ? [] : ['counted', 'bare']),
      ...(params.after === undefined ? [] : ['sorted']),
    ];

    const checkLinks = async (path: string, { link, body }: Answer): Promise<void> => {
      for (const [, target] of (link ?? '').matchAll(/<([^>]*)>; rel="(?:next|prev)"/g)) {
        const other = await ask(`/${path}${target}`);
        if (other.status === 200) {
          expect(idsOf(other)).not.toEqual(idsOf({ body } as Answer));
          continue;
        }
        expect(other.status).toBe(400);
        expect(JSON.parse(other.body)).toMatchObject({
          message: expect.stringMatching(`(?:at most|start at) ${MAX_OFFSET}|must be at most \\d`) as string,
        });
      }
    };

    it(`${QUERIES} random queries by ${name} get a page within the limits, or a 400 by the names of the client`, async () => {
      const query = fc.oneof(
        { weight: 4, arbitrary: queryOf(dialect) },
        { weight: 1, arbitrary: garbage(dialect) },
      );
      let pages = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.tuple(fc.constantFrom(...paths), query), {
            minLength: BATCH,
            maxLength: BATCH,
          }),
          (batch) =>
            expectEach(batch, async ([path, text]) => {
              const answer = await ask(`/${path}?${text}`);
              expect(answer.type).toContain('application/json');
              if (answer.status === 200) {
                pages += 1;
                const ids = idsOf(answer);
                expect(ids.length).toBeLessThanOrEqual(MAX_PAGE_SIZE);
                expect(ids).toEqual(IDS.slice(ids[0], ids[0]! + ids.length));
                await checkLinks(path, answer);
                return;
              }
              expect(answer.status).toBe(400);
              expect(answer.link).toBeUndefined();
              const { code, parameter } = JSON.parse(answer.body) as Record<string, unknown>;
              expect(code).toBe('ERR_PAGE_REQUEST');
              expect(names).toContain(parameter);
            }),
        ),
        { numRuns: QUERIES / BATCH },
      );
      // Most queries are pages, so that the links are followed.
      expect(pages).toBeGreaterThan(QUERIES / 10);
    });
  }
});
