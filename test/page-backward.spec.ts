import { Controller, Get, Inject, Query, UseInterceptors } from '@nestjs/common';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  KeyRing,
  Page,
  PageError,
  PageRequestError,
  Paginate,
  PaginationInterceptor,
  resolvePage,
  type PageParams,
  type PageRequest,
} from 'nestjs-production-config';
import { ringOf } from './support/fleet.ring.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { runs } from './support/runs.js';
import { compare, rowsBehind } from './support/sorted-rows.js';

type Key = [at: number, id: number];

interface Row {
  readonly at: number;
  readonly id: number;
}

const keyOf = ({ at, id }: Row): Key => [at, id];
/** Rows of which four each have the same `at`. */
const rowsOf = (count: number): Row[] =>
  Array.from({ length: count }, (_, id) => ({ at: Math.floor(id / 4), id }));
const idsOf = (rows: readonly Row[]) => rows.map(({ id }) => id);

const PARAMS = { limit: 'limit', offset: 'offset', after: 'after', before: 'before' };
const WITH_LAST = { ...PARAMS, limit: 'first', last: 'last' };
const SORT = ['at', 'id'];

const LIMITS = { pageSize: 20, maxPageSize: 60 };
const scope = { keys: ringOf(SECRET_KEY), list: 'rows', sort: SORT };
const pageAt = (input: object, params: PageParams = WITH_LAST) =>
  resolvePage<Key>(input, { ...LIMITS, params }, scope);
const answerOf = (rows: readonly Row[], input: object) => {
  const page = pageAt(input);
  return Page.of(rowsBehind(rows, page, keyOf), page, keyOf);
};

describe('resolvePage() of a list that names `before`', () => {
  const rows = rowsOf(9);

  it('has the key before which the page ends, and the direction of the query', () => {
    const { next } = answerOf(rows, { first: 4 }).page;
    expect(pageAt({ first: 4, after: next })).toMatchObject({ after: [0, 3], direction: 'forward' });
    const backward = pageAt({ last: 2, before: next });
    expect(backward).toMatchObject({
      limit: 2,
      take: 3,
      offset: 0,
      after: undefined,
      before: [0, 3],
      direction: 'backward',
    });
    expect(Object.isFrozen(backward)).toBe(true);
    expect(pageAt({}).before).toBeUndefined();
    expect(pageAt({}).direction).toBe('forward');
  });

  it.each([
    [{ last: 3 }, 3],
    [{ last: '3' }, 3],
    [{ last: 1_000 }, 60],
  ])('reads %j as the last page', (input, limit) => {
    expect(pageAt(input)).toMatchObject({ limit, before: undefined, direction: 'backward' });
  });

  it('reads `limit` backward as well if `last` has no name', () => {
    const { next } = answerOf(rows, { first: 4 }).page;
    expect(pageAt({ limit: 2, before: next }, PARAMS)).toMatchObject({ limit: 2, direction: 'backward' });
  });

  const cursor = answerOf(rows, { first: 2 }).page.next!;
  it.each([
    [{ before: cursor, after: cursor }, 'before'],
    [{ before: cursor, offset: 0 }, 'before'],
    [{ before: cursor, first: 2 }, 'before'],
    [{ last: 2, first: 2 }, 'last'],
    [{ last: 2, after: cursor }, 'last'],
    [{ last: 2, offset: 2 }, 'last'],
    [{ last: 0 }, 'last'],
    [{ last: 2, before: '' }, 'before'],
    [{ before: 'forged' }, 'before'],
    [{ before: [cursor] }, 'before'],
  ])('refuses %j with an error that names the parameter', (input, parameter) => {
    expect(() => pageAt(input)).toThrow(PageRequestError);
    expect(() => pageAt(input)).toThrow(expect.objectContaining({ code: 'ERR_PAGE_REQUEST', parameter }));
  });

  it.each([
    ['nothing', () => rows],
    ['`before` alone', ({ before }: PageRequest<Key>) => rows.filter((row) => !before || row.id < before[1])],
    ['`after` alone', ({ after }: PageRequest<Key>) => rows.filter((row) => !after || row.id > after[1])],
  ])('Page.of() refuses the rows of a handler that reads %s instead of page.direction', (_what, query) => {
    const { next } = answerOf(rows, { first: 4 }).page;
    for (const input of [{ last: 2 }, { last: 2, before: next }]) {
      const page = pageAt(input);
      expect(() => Page.of(query(page).slice(0, page.take), page, keyOf)).toThrow(
        expect.objectContaining({ code: 'ERR_PAGE_DIRECTION', name: 'PageError' }),
      );
      expect(() => Page.of([], page, keyOf)).toThrow(PageError);
    }
  });

  it('Page.of() refuses the row at the cursor, wherever the page has it', () => {
    const at = answerOf(rows, { first: 4 }).page.next!;
    const forward = pageAt({ first: 2, after: at });
    expect(() => Page.of(rows.slice(3, 6), forward, keyOf)).toThrow('use page.after in the query');
    const backward = pageAt({ last: 2, before: at });
    expect(backward.direction).toBe('backward');
    expect(() => Page.of(rows.slice(1, 4).toReversed(), backward, keyOf)).toThrow('use page.before');
  });
});

const listOf = fc
  .array(fc.nat(3), { maxLength: 40 })
  .map((ats) => ats.map((at, id) => ({ at, id })).toSorted((a, b) => compare(keyOf(a), keyOf(b))));

describe('for any list with duplicate sort values', () => {
  it('a walk to the end and back returns each row once in each direction, with any page sizes', () => {
    const sizes = fc.infiniteStream(fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(listOf, sizes, (rows, size) => {
        const forth: Row[] = [];
        let page = answerOf(rows, { first: size.next().value });
        forth.push(...page.items);
        while (page.page.next !== null) {
          page = answerOf(rows, { first: size.next().value, after: page.page.next });
          forth.push(...page.items);
        }
        const back: Row[] = [...page.items];
        while (page.page.previous) {
          page = answerOf(rows, { last: size.next().value, before: page.page.previous });
          back.unshift(...page.items);
        }
        expect(idsOf(forth)).toEqual(idsOf(rows));
        expect(idsOf(back)).toEqual(idsOf(rows));
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('a step and the step back lead to the same page, from anywhere', () => {
    const start = fc.constantFrom('first', 'last');
    const steps = fc.array(fc.constantFrom('next', 'previous'), { maxLength: 12 });
    fc.assert(
      fc.property(listOf, fc.integer({ min: 1, max: 9 }), start, steps, (rows, size, first, walk) => {
        const step = ({ page }: Page<Row>, to: string) => {
          const cursor = to === 'next' ? page.next : page.previous;
          if (!cursor) return undefined;
          return answerOf(
            rows,
            to === 'next' ? { first: size, after: cursor } : { last: size, before: cursor },
          );
        };
        let page = answerOf(rows, { [first]: size });
        for (const to of walk) {
          const there = step(page, to);
          if (there === undefined) continue;
          const backAgain = step(there, to === 'next' ? 'previous' : 'next');
          expect(idsOf(backAgain!.items)).toEqual(idsOf(page.items));
          page = there;
        }
        expect(page.items.length).toBeGreaterThan(rows.length === 0 ? -1 : 0);
      }),
      { numRuns: runs(2_000) },
    );
  });
});

/** The rows of the list that is read; tests change them between two requests. */
class Table {
  rows: Row[] = [];
}

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  constructor(
    @Inject(Table) private readonly table: Table,
    @Inject(KeyRing) private readonly keys: KeyRing,
  ) {}

  @Get()
  list(@Paginate({ sort: SORT, params: PARAMS }) page: PageRequest<Key>) {
    return Page.of(rowsBehind(this.table.rows, page, keyOf), page, keyOf);
  }

  @Get('relay')
  relay(@Paginate({ sort: SORT, params: WITH_LAST }) page: PageRequest<Key>) {
    return this.list(page);
  }

  @Get('resolved')
  resolved(@Query() query: object) {
    const limits = { ...LIMITS, params: PARAMS };
    return this.list(resolvePage<Key>(query, limits, { keys: this.keys, list: 'resolved', sort: SORT }));
  }

  @Get('forward')
  forward(@Paginate({ sort: SORT }) page: PageRequest<Key>, @Query('before') before?: string) {
    const rows = this.table.rows.filter(({ id }) => before === undefined || id < Number(before));
    return Page.of(rowsBehind(rows, page, keyOf), page, keyOf);
  }

  @Get('ignorant')
  ignorant(@Paginate({ sort: SORT, params: WITH_LAST }) page: PageRequest<Key>) {
    return Page.of(this.table.rows.slice(0, page.take), page, keyOf);
  }
}

interface Answer {
  readonly status: number;
  readonly ids: readonly number[];
  readonly page: Page<Row>['page'];
  readonly next: string | undefined;
  readonly prev: string | undefined;
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  async function start(count: number, path = '') {
    const table = new Table();
    table.rows = rowsOf(count);
    const { url, logger } = await startApp(
      adapter,
      [RowsController],
      {},
      {
        providers: [{ provide: Table, useValue: table }],
      },
    );
    const read = async (target: string): Promise<Answer> => {
      const { status, link, body } = await readAnswer(`${url}/rows${path}${target}`);
      const targets = Object.fromEntries(
        [...(link ?? '').matchAll(/<([^>]*)>; rel="(\w+)"/g)].map(([, to, rel]) => [rel, to]),
      );
      const { items, page } = body as Partial<Page<Row>>;
      return { status, ids: idsOf(items ?? []), page: page!, next: targets['next'], prev: targets['prev'] };
    };
    return { table, read, url, logger };
  }

  it.each([
    ['', 25, 7],
    ['', 25, 5],
    ['', 3, 1],
    ['/resolved', 25, 7],
  ])(
    'the Links of %j lead through %i rows and back in pages of %i, and have the cursors of the page',
    async (path, count, limit) => {
      const { read } = await start(count, path);
      const forth: number[] = [];
      let answer = await read(`?limit=${limit}&q=a%20b`);
      const first = answer;
      expect([first.prev, first.page.previous]).toEqual([undefined, null]);
      for (;;) {
        forth.push(...answer.ids);
        expect(answer.page.hasMore).toBe(answer.next !== undefined);
        expect(answer.page.next).toBe(new URLSearchParams(answer.next).get('after'));
        if (answer.next === undefined) break;
        expect(answer.next).toContain('&q=a%20b');
        answer = await read(answer.next);
      }
      const back: number[] = [];
      for (;;) {
        back.unshift(...answer.ids);
        expect(answer.page.previous).toBe(new URLSearchParams(answer.prev).get('before'));
        if (answer.prev === undefined) break;
        answer = await read(answer.prev);
        expect([answer.page.hasMore, answer.ids.length]).toEqual([true, limit]);
      }
      expect(forth).toEqual(idsOf(rowsOf(count)));
      expect(back).toEqual(forth);
      expect(answer.ids).toEqual(first.ids);
    },
  );

  it('`last` alone is the last page, which has a link to the page before it', async () => {
    const { read } = await start(10, '/relay');
    const last = await read('?last=3');
    expect(last).toMatchObject({ ids: [7, 8, 9], next: undefined, page: { hasMore: false, next: null } });
    expect(last.prev).toBe(`?last=3&before=${last.page.previous}`);
    const before = await read(last.prev!);
    expect(before).toMatchObject({ ids: [4, 5, 6], page: { hasMore: true } });
    expect(before.next).toBe(`?first=3&after=${before.page.next}`);
    expect((await read(before.next!)).ids).toEqual([7, 8, 9]);
    expect(await read('?last=10')).toMatchObject({ page: { previous: null, next: null }, prev: undefined });
  });

  it.each([0, 1])('a list of %i rows has no other page', async (count) => {
    const { read } = await start(count, '/relay');
    for (const query of ['', '?first=1', '?last=1']) {
      expect(await read(query)).toMatchObject({
        ids: idsOf(rowsOf(count)),
        page: { hasMore: false, next: null, previous: null },
        next: undefined,
        prev: undefined,
      });
    }
  });

  it('a page by offset has a previous page', async () => {
    const { read } = await start(10);
    const page = await read('?limit=3&offset=5');
    expect(page.ids).toEqual([5, 6, 7]);
    expect((await read(page.prev!)).ids).toEqual([2, 3, 4]);
  });

  it('continues on both sides of a row that was deleted', async () => {
    const { table, read } = await start(10);
    const page = await read('?limit=3&offset=3');
    table.rows = table.rows.filter(({ id }) => id !== 3 && id !== 5);
    expect((await read(page.next!)).ids).toEqual([6, 7, 8]);
    expect((await read(page.prev!)).ids).toEqual([0, 1, 2]);
  });

  it('a page behind which everything was deleted is empty, and leads back to what is left', async () => {
    const { table, read } = await start(10);
    const page = await read('?limit=3&offset=3');
    table.rows = rowsOf(5);
    const after = await read(page.next!);
    expect(after).toMatchObject({ status: 200, ids: [], page: { hasMore: false, next: null } });
    expect((await read(after.prev!)).ids).toEqual([2, 3, 4]);

    table.rows = rowsOf(10).slice(6);
    const before = await read(page.prev!);
    expect(before).toMatchObject({ status: 200, ids: [], page: { hasMore: true, previous: null } });
    expect(before.prev).toBeUndefined();
    expect(await read(before.next!)).toMatchObject({ ids: [6, 7, 8], prev: undefined });
  });

  it('a walk ends if everything was deleted', async () => {
    const { table, read } = await start(10);
    const { next, prev } = await read('?limit=3&offset=3');
    table.rows = [];
    const after = await read(next!);
    expect(await read(after.prev!)).toMatchObject({ ids: [], next: undefined, prev: undefined });
    const before = await read(prev!);
    expect(await read(before.next!)).toMatchObject({ ids: [], next: undefined, prev: undefined });
  });

  it('a parameter that cannot be combined is a 400 that names it', async () => {
    const { url } = await start(10);
    const { next } = ((await readAnswer(`${url}/rows?limit=2`)).body as Page<Row>).page;
    for (const [query, parameter] of [
      [`?before=${next}&after=${next}`, 'before'],
      [`?before=${next}&offset=1`, 'before'],
      ['?before=', 'before'],
      ['?before=x&before=y', 'before'],
    ]) {
      expect(await readAnswer(`${url}/rows${query}`)).toMatchObject({
        status: 400,
        body: { code: 'ERR_PAGE_REQUEST', parameter },
      });
    }
    expect((await readAnswer(`${url}/rows/relay?last=2&first=2`)).body).toMatchObject({ parameter: 'last' });
  });

  it('a handler that ignores the direction fails instead of sending the rows of another page', async () => {
    const { read, logger } = await start(10, '/ignorant');
    expect((await read('?first=3')).ids).toEqual([0, 1, 2]);
    expect(await read('?last=3')).toMatchObject({ status: 500, ids: [] });
    expect(logger.of('error').join()).toContain('look at page.direction');
  });

  it('`before` is a filter of the application if the list does not name it', async () => {
    const { read } = await start(10, '/forward');
    const answer = await read('?before=5&limit=3');
    expect(answer.ids).toEqual([0, 1, 2]);
    expect(answer.page).not.toHaveProperty('previous');
    expect([answer.next, answer.prev]).toEqual([`?limit=3&after=${answer.page.next}&before=5`, undefined]);
    expect((await read(answer.next!)).ids).toEqual([3, 4]);
  });
});
