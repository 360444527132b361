import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Page, PageError, resolvePage, type CursorKey, type PageRequest } from 'nestjs-production-config';
import { ringOf } from './support/fleet.ring.js';
import { SECRET_KEY } from './support/keys.js';
import { keyIn } from './support/page-cursors.js';

const LIMITS = { pageSize: 3, maxPageSize: 50 };
const orders = { keys: ringOf(SECRET_KEY), list: 'orders', sort: ['at', 'id'] };
const sorted = resolvePage<[string, number]>({}, LIMITS, orders);
const plain = resolvePage({}, LIMITS);

interface Row {
  readonly at: string;
  readonly id: number;
  readonly name: string;
}
const rows = (count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ at: 'now', id, name: `name ${id}` }));
const keyOf = ({ at, id }: Row): [string, number] => [at, id];

/** Page.of() without type checks, as in a JavaScript handler. */
const looseOf = Page.of as (
  rows: readonly unknown[],
  page: PageRequest<CursorKey>,
  ...more: unknown[]
) => Page<unknown>;

function errorOf(make: () => unknown): PageError {
  try {
    make();
  } catch (error) {
    expect(error).toBeInstanceOf(PageError);
    return error as PageError;
  }
  throw new Error('nothing was thrown');
}

describe('Page.of()', () => {
  it('cuts the rows to the page size, and sets hasMore if there is an extra row', () => {
    const made = Page.of(rows(4), sorted, keyOf);
    expect(made.items).toEqual(rows(3));
    expect(made.page).toEqual({ limit: 3, hasMore: true, next: expect.any(String) as string });
    expect(keyIn(made.page.next, orders)).toEqual(['now', 2]);
  });

  it('has no next cursor on the last page, whether full, short or empty', () => {
    for (const count of [3, 2, 1, 0]) {
      expect(Page.of(rows(count), sorted, keyOf)).toEqual({
        items: rows(count),
        page: { limit: 3, hasMore: false, next: null },
      });
    }
  });

  it('sets hasMore but no cursor if the list has no sort', () => {
    expect(Page.of(rows(4), plain).page).toEqual({ limit: 3, hasMore: true, next: null });
    expect(Page.of([], plain, { total: 0 }).page).toEqual({ limit: 3, hasMore: false, next: null, total: 0 });
  });

  it('returns each row of any list once in a walk by cursor', () => {
    const list = fc.uniqueArray(fc.tuple(fc.nat(3).map(String), fc.nat(60)), {
      maxLength: 40,
      selector: String,
    });
    fc.assert(
      fc.property(list, fc.integer({ min: 1, max: 9 }), (all, limit) => {
        const compare = ([a, b]: readonly [string, number], [x, y]: readonly [string, number]) =>
          a < x ? -1 : a > x ? 1 : b - y;
        const table = all.toSorted(compare);
        const seen: (readonly [string, number])[] = [];
        for (let after: string | null = '', pages = 0; after !== null; pages++) {
          expect(pages).toBeLessThanOrEqual(table.length);
          const page: PageRequest<[string, number]> = resolvePage<[string, number]>(
            { limit, ...(after === '' ? {} : { after }) },
            LIMITS,
            orders,
          );
          const found = table
            .filter((row) => !page.after || compare(row, page.after) > 0)
            .slice(0, page.take);
          const made = Page.of(found, page, (row) => row);
          seen.push(...made.items);
          after = made.page.next;
        }
        expect(seen).toEqual(table);
      }),
      { numRuns: 200 },
    );
  });

  it('does not change the given rows', () => {
    const given = Object.freeze(rows(5));
    expect(Page.of(given, sorted, keyOf).items).toHaveLength(3);
    expect(given).toHaveLength(5);
  });

  it('.map() changes only the items and preserves their order', () => {
    const made = Page.of(rows(4), sorted, keyOf, { total: 9 });
    const mapped = made.map(({ name }) => ({ name }));
    expect(mapped).toBeInstanceOf(Page);
    expect(mapped.items).toEqual([{ name: 'name 0' }, { name: 'name 1' }, { name: 'name 2' }]);
    expect(mapped.page).toEqual(made.page);
    expect(made.items).toEqual(rows(3));
    expect(JSON.parse(JSON.stringify(mapped))).toEqual({ items: mapped.items, page: mapped.page });
  });

  it('.map() passes only the item to its callback, as parseInt needs', () => {
    expect(Page.of(['10', '10', '10'], plain).map(Number.parseInt).items).toEqual([10, 10, 10]);
  });
});

describe('a total', () => {
  it('is sent unchanged', () => {
    expect(Page.of(rows(1), sorted, keyOf, { total: 25 }).page).toMatchObject({ total: 25 });
    expect('total' in Page.of(rows(1), sorted, keyOf, {}).page).toBe(false);
  });

  it.each([25n, '25', -1, 1.5, NaN, Infinity, null, [25]])('%s is refused', (total) => {
    for (const make of [
      () => looseOf(rows(1), sorted, keyOf, { total }),
      () => looseOf(rows(1), plain, { total }),
    ]) {
      const { code, message } = errorOf(make);
      expect(code).toBe('ERR_PAGE_TOTAL');
      expect(message).toContain('whole number, at least 0');
      if (typeof total === 'string' || typeof total === 'bigint') expect(message).toContain('Number(count)');
      expect(message).not.toContain('25');
    }
  });
});

describe('Page.of() throws at the first row for an invalid key:', () => {
  const SECRET = 'a value of the row';
  const keysOf: Record<string, [key: unknown, hint: RegExp]> = {
    'a column that was not selected': [[SECRET, undefined], /id:asc.*undefined; select that column/],
    'a Date': [[new Date(0), 1], /at:asc.*a Date.*select the timestamp as text/],
    'an object': [[SECRET, { id: SECRET }], /id:asc.*an? object/],
    'a symbol': [[SECRET, Symbol(SECRET)], /id:asc.*a symbol/],
    'a key that is too short': [[SECRET], /must be a list of 2: at:asc,id:asc/],
    'a key that is too long': [[SECRET, 1, 2], /must be a list of 2: at:asc,id:asc/],
    'no key': [undefined, /must be a list of 2/],
    'a key that is not a list': [SECRET, /must be a list of 2/],
    'a promise': [Promise.resolve([SECRET, 1]), /must be a list of 2/],
    'a list with a hole': [Object.assign([], { 1: SECRET, length: 2 }), /at:asc.*undefined/],
  };

  it.each(Object.entries(keysOf))('%s', (_name, [key, hint]) => {
    for (const count of [1, 3, 4]) {
      const { code, message } = errorOf(() => looseOf(rows(count), sorted, () => key));
      expect(code).toBe('ERR_PAGE_KEY');
      expect(message).toMatch(/^Page\.of\(\): /);
      expect(message).toMatch(hint);
      expect(message).not.toContain(SECRET);
      expect(message).not.toContain('1970');
    }
  });

  it('but not if the list is empty', () => {
    expect(looseOf([], sorted, () => undefined).items).toEqual([]);
  });

  it('an invalid key of only the extra row', () => {
    const bad = [...rows(3), { at: new Date(0), id: 9 }];
    expect(errorOf(() => looseOf(bad, sorted, (row: unknown) => keyOf(row as Row))).message).toContain(
      'a Date',
    );
  });

  it('the same key in the last row and the extra row, which would be lost', () => {
    const tied = (row: Row): [string, number] => [row.at, 0];
    const { code, message } = errorOf(() => Page.of(rows(4), sorted, tied));
    expect(code).toBe('ERR_PAGE_KEY');
    expect(message).toContain('add a unique column at the end of sort');
    expect(message).not.toContain('now');
    // No row is lost if the page does not end between them.
    expect(Page.of(rows(3), sorted, tied).page.hasMore).toBe(false);
  });

  it('a sorted list without keys, and keys for a list without a sort', () => {
    expect(errorOf(() => looseOf(rows(1), sorted)).message).toContain('Page.of(rows, page, (row) => [...])');
    expect(errorOf(() => looseOf(rows(1), sorted, { total: 1 })).message).toContain('the list is sorted');
    expect(errorOf(() => looseOf([], sorted)).code).toBe('ERR_PAGE_KEY');
    for (const page of [plain, { ...sorted }]) {
      expect(errorOf(() => looseOf(rows(1), page, keyOf)).message).toContain('@Paginate({ sort: [...] })');
    }
  });
});
