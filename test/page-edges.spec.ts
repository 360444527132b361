import { Controller, Get, UseInterceptors } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Page,
  Paginate,
  PaginationInterceptor,
  resolvePage,
  type PageRequest,
} from 'nestjs-production-config';
import { ringOf } from './support/fleet.ring.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { runs } from './support/runs.js';
import { rowsBehind } from './support/sorted-rows.js';

interface Row {
  readonly id: number;
  readonly name: string;
}

const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ id, name: `row ${id}` }));
const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);
const keyOf = ({ id }: Row): [number] => [id];

const LIMITS = {
  pageSize: 4,
  maxPageSize: 60,
  params: { limit: 'first', after: 'after', last: 'last', before: 'before' },
};
const scope = { keys: ringOf(SECRET_KEY), list: 'rows', sort: ['id'] };
const pageAt = (input: object) => resolvePage<[number]>(input, LIMITS, scope);
const read = (rows: readonly Row[], input: object) => {
  const page = pageAt(input);
  return Page.of(rowsBehind(rows, page, keyOf), page, keyOf);
};

describe('the edges of a page', () => {
  const rows = rowsOf(10);

  it('have the items in their order, each with a cursor that continues behind it in both directions', () => {
    for (const input of [{ first: 4 }, { last: 4 }]) {
      const page = read(rows, input);
      const edges = page.edges();
      expect(edges.map(({ node }) => node)).toEqual(page.items);
      for (const { node, cursor } of edges) {
        expect(idsOf(read(rows, { after: cursor }).items)).toEqual(
          idsOf(rows.slice(node.id + 1, node.id + 5)),
        );
        expect(idsOf(read(rows, { before: cursor }).items)).toEqual(
          idsOf(rows.slice(Math.max(node.id - 4, 0), node.id)),
        );
      }
    }
  });

  it('startCursor and endCursor are those of the first and the last item, also on the last page', () => {
    const next = read(rows, { first: 4 }).page.next;
    for (const input of [{ first: 4 }, { after: next }, { first: 50 }, { last: 4 }, { first: 1 }]) {
      const page = read(rows, input);
      const edges = page.edges();
      expect([page.startCursor, page.endCursor]).toEqual([edges[0]?.cursor, edges.at(-1)?.cursor]);
    }
    expect(read(rows, { last: 4 }).page.next).toBeNull();
  });

  it('map() keeps the cursors, which need columns that the items no longer have', () => {
    const page = read(rows, { first: 4 });
    const mapped = page.map(({ name }) => name);
    expect(mapped.edges().map(({ node }) => node)).toEqual(['row 0', 'row 1', 'row 2', 'row 3']);
    expect(mapped.edges().map(({ cursor }) => cursor)).toEqual(page.edges().map(({ cursor }) => cursor));
    expect([mapped.startCursor, mapped.endCursor]).toEqual([page.startCursor, page.endCursor]);
    const kept = mapped.filter((name) => name !== 'row 1').map((name) => name.length);
    const expected = [0, 2, 3].map((index) => page.edges()[index]!.cursor);
    expect(kept.edges().map(({ cursor }) => cursor)).toEqual(expected);
  });

  it('filter() removes items with their cursors; the page begins and ends where it did', () => {
    const next = read(rows, { first: 4 }).page.next;
    const page = read(rows, { after: next });
    const kept = page.filter(({ id }) => id === 5 || id === 6);
    expect(kept.edges()).toEqual([page.edges()[1], page.edges()[2]]);
    expect(kept.page).toEqual(page.page);
    expect([kept.startCursor, kept.endCursor]).toEqual([page.startCursor, page.endCursor]);
    const none = page.filter(() => false);
    expect([none.edges(), none.startCursor, none.endCursor]).toEqual([[], page.startCursor, page.endCursor]);
  });

  it('an empty list has no cursors', () => {
    const page = read([], {});
    expect([page.edges(), page.startCursor, page.endCursor]).toEqual([[], null, null]);
  });

  it.each([0, 3])('a list of %i rows without a sort has no edges, which is a PageError', (count) => {
    const page = Page.of(rowsOf(count), resolvePage({}, { pageSize: 5, maxPageSize: 5 }));
    const error = expect.objectContaining({ name: 'PageError', code: 'ERR_PAGE_KEY' }) as Error;
    expect(() => page.edges()).toThrow(error);
    expect(() => page.startCursor).toThrow(error);
    expect(() => page.endCursor).toThrow(error);
  });

  it('are not sent with the page', () => {
    expect(Object.keys(JSON.parse(JSON.stringify(read(rows, {}))) as object)).toEqual(['items', 'page']);
  });
});

/**
 * A source that reads `limit` rows, returns those that pass its own filter, and says where to continue, like a Query of
 * DynamoDB: null only after it has found the end.
 */
function readSource(
  rows: readonly Row[],
  page: PageRequest<[number]>,
  passes: (row: Row) => boolean,
): { readonly items: Row[]; readonly lastKey: [number] | null } {
  const examined = rowsBehind(rows, page, keyOf).slice(0, page.limit);
  const last = examined.at(-1);
  const isFull = examined.length === page.limit && last !== undefined;
  return { items: examined.filter(passes), lastKey: isFull ? keyOf(last) : null };
}

describe('a source that says itself whether there is more', () => {
  const list = (rows: readonly Row[], passes: (row: Row) => boolean, input: object) => {
    const page = pageAt(input);
    const { items, lastKey } = readSource(rows, page, passes);
    return Page.of(items, page, keyOf, { next: lastKey });
  };

  it('is read completely, forward and back, whatever it filters and the handler filters', () => {
    const ids = fc.uniqueArray(fc.nat(40));
    fc.assert(
      fc.property(fc.nat(40), fc.integer({ min: 1, max: 6 }), ids, ids, (count, size, hidden, dropped) => {
        const rows = rowsOf(count);
        const passes = ({ id }: Row) => !hidden.includes(id);
        const stays = ({ id }: Row) => !dropped.includes(id);
        const step = (input: object) => list(rows, passes, input).filter(stays);
        const expected = idsOf(rows.filter((row) => passes(row) && stays(row)));

        const forth: Row[] = [];
        let page = step({ first: size });
        forth.push(...page.items);
        while (page.page.hasMore) {
          page = step({ first: size, after: page.page.next });
          forth.push(...page.items);
        }
        expect(page.page.next).toBeNull();
        expect(idsOf(forth)).toEqual(expected);

        const back: Row[] = [];
        page = step({ last: size });
        back.unshift(...page.items);
        while (page.page.previous) {
          page = step({ last: size, before: page.page.previous });
          back.unshift(...page.items);
        }
        expect(idsOf(back)).toEqual(expected);

        // A Relay client has only the cursors of the connection.
        const relay: Row[] = [];
        page = step({ first: size });
        relay.push(...page.items);
        while (page.page.hasMore) {
          page = step({ first: size, after: page.endCursor });
          relay.push(...page.items);
        }
        expect(idsOf(relay)).toEqual(expected);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('an empty page in the middle leads on, and back to the rows before it', () => {
    const rows = rowsOf(12);
    const passes = ({ id }: Row) => id < 4 || id > 7;
    const first = list(rows, passes, { first: 4 });
    const empty = list(rows, passes, { first: 4, after: first.page.next });
    expect(empty.items).toEqual([]);
    expect(idsOf(list(rows, passes, { first: 4, after: empty.page.next }).items)).toEqual([8, 9, 10, 11]);
    // The source examines the rows 3 to 6, of which it returns one; the rows before them follow.
    const back = list(rows, passes, { last: 4, before: empty.page.previous });
    expect(idsOf(back.items)).toEqual([3]);
    expect(idsOf(list(rows, passes, { last: 4, before: back.page.previous }).items)).toEqual([0, 1, 2]);
  });

  it('`next: null` ends the list, also behind a full page', () => {
    const page = pageAt({ first: 4 });
    expect(Page.of(rowsOf(4), page, keyOf, { next: null }).page).toMatchObject({
      hasMore: false,
      next: null,
    });
    expect(Page.of(rowsOf(4), page, keyOf, { next: [3] }).page).toMatchObject({
      hasMore: true,
      next: Page.of(rowsOf(5), page, keyOf).page.next,
    });
    expect(Page.of(rowsOf(5), page, keyOf, { next: undefined }).page.hasMore).toBe(true);
  });

  it.each([
    ['too short', []],
    ['too long', [1, 2]],
    ['not a list', { id: 1 }],
    ['undefined inside', [undefined]],
    ['a Date', [new Date(0)]],
  ])('a key that is %s is a PageError', (_what, next) => {
    const page = pageAt({ first: 4 });
    expect(() => Page.of(rowsOf(4), page, keyOf, { next: next as never })).toThrow(
      expect.objectContaining({ name: 'PageError', code: 'ERR_PAGE_KEY' }),
    );
  });

  it('a key that is the cursor of the page is a PageError: the walk would never end', () => {
    const { next } = read(rowsOf(9), { first: 4 }).page;
    const page = pageAt({ after: next });
    expect(() => Page.of([], page, keyOf, { next: [3] })).toThrow('clients would get this page again');
    expect(Page.of([], page, keyOf, { next: [4] }).page.hasMore).toBe(true);
  });

  it('more rows than the page are a PageError, since those behind it would be lost', () => {
    const page = pageAt({ first: 4 });
    for (const next of [null, [4] as [number]]) {
      expect(() => Page.of(rowsOf(5), page, keyOf, { next })).toThrow('read page.limit rows');
    }
  });

  it('a key needs a sorted list', () => {
    const plain = resolvePage({}, { pageSize: 4, maxPageSize: 4 });
    expect(() => Page.of(rowsOf(4), plain as never, keyOf, { next: [3] })).toThrow('the list has no cursors');
    const byKey = { next: [3] } as object;
    expect(() => Page.of(rowsOf(4), plain, byKey)).toThrow('the list has no cursors');
  });
});

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  /** Clients may see every tenth row. */
  @Get('filtered')
  filtered(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    const rows = rowsBehind(rowsOf(45), page, keyOf);
    return Page.of(rows, page, keyOf).filter(({ id }) => id % 10 === 0);
  }

  @Get('source')
  source(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    const { items, lastKey } = readSource(rowsOf(45), page, ({ id }) => id % 10 === 0);
    return Page.of(items, page, keyOf, { next: lastKey });
  }
}

it.each(ADAPTERS.flatMap((adapter) => ['filtered', 'source'].map((path) => [adapter, path] as const)))(
  'on %s a walk by Link passes the empty pages of /%s and reaches the end',
  async (adapter, path) => {
    const { url, logger } = await startApp(adapter, [RowsController]);
    const pages: number[][] = [];
    let target: string | undefined = '?limit=4';
    while (target !== undefined) {
      const { status, link, body } = await readAnswer(`${url}/rows/${path}${target}`);
      expect(status).toBe(200);
      const { items, page } = body as Page<Row>;
      pages.push(idsOf(items));
      target = /^<(.*)>; rel="next"$/.exec(link ?? '')?.[1];
      expect(page.hasMore).toBe(target !== undefined);
    }
    expect(pages.flat()).toEqual([0, 10, 20, 30, 40]);
    expect(pages).toHaveLength(12);
    expect(logger.of('warn')).toEqual([]);
  },
);
