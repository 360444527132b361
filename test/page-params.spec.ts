import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  type PageParams,
  type PageRequest,
  Paginate,
  PaginationInterceptor,
} from 'nestjs-production-config';
import {
  DIALECTS,
  IDS,
  listController,
  listModule,
  MAX_PAGE_SIZE,
  PAGE_SIZE,
  sortedRows,
} from './support/dialects.js';
import { ADAPTERS, readAnswer, startApp } from './support/http-app.js';
import { ALL_QUERY_PARSERS, describedApp, type Answer } from './support/raw-query.js';

interface Body {
  readonly items: readonly { readonly id: number; readonly query: object; readonly number?: number }[];
  readonly page: { readonly next: string | null; readonly previous?: string | null };
}

type Ask = ReturnType<typeof describedApp>;

const bodyOf = ({ body }: Answer) => JSON.parse(body) as Body;
const rowsOf = (answer: Answer) => {
  const body = JSON.parse(answer.body) as Body | Body['items'];
  return 'items' in body ? body.items : body;
};
const idsOf = (answer: Answer) => rowsOf(answer).map(({ id }) => id);
const refusalOf = ({ status, body }: Answer) => [
  status,
  (JSON.parse(body) as { parameter: string }).parameter,
];
const linkOf = ({ link }: Answer, rel = 'next') =>
  new RegExp(`<([^>]*)>; rel="${rel}"`).exec(link ?? '')?.[1];

async function walk(ask: Ask, path: string, query: string, nextOf: (answer: Answer) => string | undefined) {
  const ids: number[] = [];
  for (let target: string | undefined = query; target !== undefined;) {
    const answer: Answer = await ask(`${path}?${target.replace(/^\?/, '')}`);
    expect(answer.status).toBe(200);
    ids.push(...idsOf(answer));
    if (ids.length > IDS.length) throw new Error(`the walk does not end: ${target}`);
    target = nextOf(answer);
  }
  return ids;
}

const PLACES = [
  { place: 'forRoot()', moduleOf: (params: PageParams) => listModule({ params }) },
  { place: '@Paginate()', moduleOf: (params: PageParams) => listModule({}, { params }) },
];

for (const dialect of DIALECTS) {
  const { name, params, at, sized, refuses } = dialect;
  const isCounted = at !== undefined;
  describe.each(PLACES)(`${name}, named by $place`, ({ moduleOf }) => {
    describe.each(ALL_QUERY_PARSERS)('on $adapter', (parser) => {
      const ask = describedApp(moduleOf(params), parser);

      it('lead through every row once by the Link', async () => {
        const paths = isCounted ? ['/counted', '/bare'] : [];
        for (const path of params.after === undefined ? paths : [...paths, '/sorted']) {
          expect(await walk(ask, path, sized(7), linkOf)).toEqual(IDS);
          expect(await walk(ask, path, 'q=a%26b', linkOf)).toEqual(IDS);
        }
      });

      it('keep what belongs to the application in the query and in the Link', async () => {
        const path = isCounted ? '/counted' : '/sorted';
        const foreign = ['limit', 'offset', 'size', 'sort', 'x[y]', '_end', 'first'];
        const filters = foreign
          .filter((filter) => !dialect.names.includes(filter))
          .map((filter) => `${filter}=abc`);
        const first = await ask(`${path}?${[...filters, sized(5)].join('&')}`);
        const second = await ask(path + linkOf(first)!);
        const own = (await ask(`${path}?${filters.join('&')}`)).body;
        expect([idsOf(first), idsOf(second)]).toEqual([IDS.slice(0, 5), IDS.slice(5, 10)]);
        const expected = rowsOf({ body: own } as Answer)[0]!.query;
        expect(Object.keys(expected)).toHaveLength(filters.length);
        for (const { query } of [...rowsOf(first), ...rowsOf(second)]) expect(query).toEqual(expected);
      });

      if (isCounted)
        it('lead through every row once by counting', async () => {
          const ids: number[] = [];
          for (let offset = 0; offset <= IDS.length; offset += 10) {
            ids.push(...idsOf(await ask(`/counted?${at(offset, 10)}`)));
          }
          expect(ids).toEqual(IDS);
        });

      if (params.after !== undefined)
        it('lead through every row once by page.next', async () => {
          const nextOf = (answer: Answer) => {
            const { next } = bodyOf(answer).page;
            return next === null ? undefined : `${sized(8)}&${params.after}=${next}`;
          };
          expect(await walk(ask, '/sorted', sized(8), nextOf)).toEqual(IDS);
        });

      if (params.before !== undefined)
        it('lead back by the Link', async () => {
          const last = await ask(`/sorted?${sized(9)}`).then((first) => ask(`/sorted${linkOf(first)}`));
          const back = await ask(`/sorted${linkOf(last, 'prev')}`);
          expect(idsOf(back)).toEqual(IDS.slice(0, 9));
        });

      it(`${refuses === undefined ? 'reduce' : 'refuse'} a page that is too large`, async () => {
        const path = isCounted ? '/counted' : '/sorted';
        expect(idsOf(await ask(`${path}?${sized(MAX_PAGE_SIZE)}`))).toEqual(IDS.slice(0, MAX_PAGE_SIZE));
        const answer = await ask(`${path}?${sized(MAX_PAGE_SIZE + 1)}`);
        if (refuses === undefined) expect(idsOf(answer)).toEqual(IDS.slice(0, MAX_PAGE_SIZE));
        else expect(refusalOf(answer)).toEqual([400, refuses]);
      });

      it('give the page size of the route to a client that names none', async () => {
        expect(idsOf(await ask(isCounted ? '/counted' : '/sorted'))).toEqual(IDS.slice(0, PAGE_SIZE));
      });

      it('send the header X-Total-Count where clients expect it', async () => {
        const { headers } = await ask(isCounted ? '/counted' : '/sorted');
        const isExpected = params.start !== undefined || params.range !== undefined;
        expect(headers['x-total-count']).toBe(isExpected ? '123' : undefined);
      });
    });
  });
}

describe.each(ALL_QUERY_PARSERS)('on $adapter', (parser) => {
  const numbered = { limit: 'size', page: 'page' };

  describe('with page numbers', () => {
    const ask = describedApp(listModule({ params: numbered, maxOffset: 50 }), parser);

    it.each([
      '0',
      '-1',
      '',
      'x',
      '1.0',
      '1e1',
      '9'.repeat(400),
      '1&page=2',
      ...(parser.nested ? ['1&page[]=2'] : []),
    ])('page=%s is refused', async (page) => {
      expect(refusalOf(await ask(`/counted?page=${page}`))).toEqual([400, 'page']);
    });

    it('maxOffset is the first row of the last page', async () => {
      expect(idsOf(await ask('/counted?page=6'))).toEqual(IDS.slice(50, 60));
      expect(refusalOf(await ask('/counted?page=7'))).toEqual([400, 'page']);
      expect(idsOf(await ask('/counted?page=3&size=25'))).toEqual(IDS.slice(50, 75));
      expect(refusalOf(await ask('/counted?page=4&size=25'))).toEqual([400, 'page']);
      expect(idsOf(await ask('/counted?page=4&size=15'))).toEqual(IDS.slice(45, 60));
    });

    it('the handler gets the number of the page', async () => {
      expect(rowsOf(await ask('/counted?page=4'))[0]!.number).toBe(4);
      expect(rowsOf(await ask('/counted'))[0]!.number).toBe(1);
    });
  });

  describe.each([
    ['page', numbered, 'page=4', 'page=5', 'page'],
    ['_start', { start: '_start', end: '_end' }, '_start=30&_end=40', '_start=31&_end=40', '_start'],
    ['range', { range: 'range' }, 'range=[30,39]', 'range=[31,39]', 'range'],
    ['offset', { limit: 'limit', offset: 'offset' }, 'offset=30', 'offset=31', 'offset'],
  ])('maxOffset of @Paginate() holds for %s', (_name, params, within, beyond, parameter) => {
    const ask = describedApp(listModule({ params, maxOffset: 90 }, { maxOffset: 30 }), parser);

    it('instead of that of forRoot()', async () => {
      expect(idsOf(await ask(`/counted?${within}`))).toEqual(IDS.slice(30, 40));
      expect(refusalOf(await ask(`/counted?${beyond}`))).toEqual([400, parameter]);
    });
  });

  describe('with start and end, and with a range', () => {
    const ask = describedApp(listModule({ params: { start: '_start', end: '_end' } }), parser);
    const askRange = describedApp(listModule({ params: { range: 'range' } }), parser);

    it.each([
      ['_start=5', '_end', '_end=5'],
      ['_start=5', '_end', '_end=4'],
      ['_start=0', '_end', '_end=0'],
      ['_start=0', '_end', '_end=1e1'],
      ['_end=5', '_start', '_start=x'],
    ])('%s and a wrong %s are refused', async (right, parameter, wrong) => {
      expect(refusalOf(await ask(`/counted?${right}&${wrong}`))).toEqual([400, parameter]);
    });

    it('start without end is a page of the default size', async () => {
      expect(idsOf(await ask('/counted?_start=100'))).toEqual(IDS.slice(100, 110));
    });

    it.each([
      '[5,4]',
      '[0]',
      '0-9',
      '[-1,5]',
      '[0,5',
      '[1.5,3]',
      '["0","5"]',
      '[0,5,9]',
      '',
      '[0,99999999999999999999]',
    ])('range=%s is refused', async (range) => {
      expect(refusalOf(await askRange(`/counted?range=${encodeURIComponent(range)}`))).toEqual([
        400,
        'range',
      ]);
    });
  });

  describe('with page numbers and a cursor', () => {
    const params = { limit: 'page[size]', page: 'page[number]', after: 'page[after]' };
    const ask = describedApp(listModule({ params }), parser);

    it('the Link leads from a number on by cursor', async () => {
      const third = await ask('/sorted?page[number]=3&page[size]=10&q=a');
      expect(idsOf(third)).toEqual(IDS.slice(20, 30));
      const next = linkOf(third)!;
      expect(next).toMatch(/^\?page%5Bsize%5D=10&page%5Bafter%5D=[^&]+&q=a$/);
      expect(idsOf(await ask(`/sorted${next}`))).toEqual(IDS.slice(30, 40));
    });

    it('a number cannot be combined with a cursor', async () => {
      const { next } = bodyOf(await ask('/sorted')).page;
      const answer = await ask(`/sorted?page[after]=${next}&page[number]=2`);
      expect(refusalOf(answer)).toEqual([400, 'page[after]']);
    });

    it('a page that is too large is reduced with a cursor, since no row is missed', async () => {
      const { next } = bodyOf(await ask('/sorted')).page;
      const answer = await ask(`/sorted?page[after]=${next}&page[size]=1000`);
      expect(idsOf(answer)).toEqual(IDS.slice(10, 10 + MAX_PAGE_SIZE));
    });

    it.each([
      'page=0',
      '%5Bpage%5D=x',
      '[page[number]]=1',
      '][page][number=1',
      'page[]=1',
      'page=a&page=b',
      'page&page[size][]=x',
      '[page[size]]=10&page[size]=10&page[size][length]',
      '[page[size]]=10&page[size][]=3',
      '[page[number]]=1&page[number][a][b]=2',
    ])(
      'the Link leads on from a query with %s, which some parsers do not read beside page[size]',
      async (query) => {
        const first = await ask(`/counted?${query}`);
        expect(idsOf(first)).toEqual(IDS.slice(0, 10));
        expect(idsOf(await ask(`/counted${linkOf(first)}`))).toEqual(IDS.slice(10, 20));
      },
    );

    it('a repeated parent is no page parameter, and reaches the handler', async () => {
      const { status, body } = await ask('/counted?page=a&page=b');
      expect(status).toBe(200);
      expect(rowsOf({ body } as Answer)[0]!.query).toEqual({ page: ['a', 'b'] });
    });

    if (!parser.nested)
      it('the Link keeps a filter whose name starts like a page parameter', async () => {
        expect(linkOf(await ask('/counted?page[size]=10&page[size][x]=1'))).toContain('&page[size][x]=1');
      });

    if (parser.nested)
      it('a sibling of the parameters stays in the query', async () => {
        const answer = await ask('/counted?page[size]=3&page[color]=red&page[number]=2');
        expect(idsOf(answer)).toEqual([3, 4, 5]);
        expect(rowsOf(answer)[0]!.query).toEqual({ page: { color: 'red' } });
      });
  });

  describe('without offset and after', () => {
    const ask = describedApp(listModule({ params: { limit: 'limit' } }), parser);

    it('the page has no Link, and the parameters are filters', async () => {
      const answer = await ask('/counted?limit=5&offset=5&after=x');
      expect([idsOf(answer), answer.link]).toEqual([IDS.slice(0, 5), undefined]);
      expect(rowsOf(answer)[0]!.query).toEqual({ offset: '5', after: 'x' });
    });
  });
});

it.each<[string, object]>([
  ['two ways to count', { offset: 'offset', page: 'page' }],
  ['two ways to count by index', { start: 'a', end: 'b', range: 'c' }],
  ['start without end', { start: '_start' }],
  ['end without start', { end: '_end' }],
  ['a limit beside end', { limit: 'limit', start: '_start', end: '_end' }],
  ['a limit beside range', { limit: 'limit', range: 'range' }],
  ['two parameters of one name', { limit: 'page', page: 'page' }],
  ['a name of sort', { limit: 'limit', offset: 'sort' }],
  ['a name inside another one', { limit: 'page[size]', page: 'page' }],
  ['before without after', { limit: 'limit', before: 'before' }],
  ['last without before', { limit: 'first', after: 'after', last: 'last' }],
  ['a first page of 2', { page: { name: 'page', first: 2 } }],
  ['an empty name', { limit: '' }],
  ['a name with a space', { limit: 'page size' }],
  ['an unfinished name', { limit: 'page[size' }],
  ['a name without a parent', { limit: '[size]' }],
  ['a name with an empty step', { limit: 'page[]' }],
  ['a name with an ampersand', { limit: 'a&b' }],
  ['a name of Object.prototype', { limit: '__proto__' }],
  ['a step of Object.prototype', { limit: 'page[constructor]' }],
  ['a number as a name', { limit: 5 }],
])('%s is refused', async (_what, params) => {
  const names = params as PageParams;
  expect(() => Paginate({ params: names })).toThrow(ConfigDefinitionError);
  await expect(startApp('express', [], { pagination: { params: names } })).rejects.toThrow(
    ConfigDefinitionError,
  );
});

@Controller()
@UseInterceptors(PaginationInterceptor)
class SharedController {
  @Get('rows')
  rows(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>, @Query() query: object) {
    return sortedRows(page).map(({ id }) => ({ id, query }));
  }
}

describe.each(ADAPTERS)('on %s', (adapter) => {
  it('two applications that share a controller each read their own names', async () => {
    const params = { limit: 'size', page: 'page' };
    const [numbered, plain] = await Promise.all([
      startApp(adapter, [SharedController], { pagination: { params } }),
      startApp(adapter, [SharedController]),
    ]);
    for (const query of ['size=3&page=2&limit=5&offset=10', 'limit=5&offset=10&size=3&page=2']) {
      const { body: byNumber, link } = await readAnswer(`${numbered.url}/rows?${query}`);
      expect(byNumber).toEqual([3, 4, 5].map((id) => ({ id, query: { limit: '5', offset: '10' } })));
      expect(link).toBe('<?size=3&page=3&limit=5&offset=10>; rel="next"');
      const { body: byOffset } = await readAnswer(`${plain.url}/rows?${query}`);
      expect(byOffset).toEqual([10, 11, 12, 13, 14].map((id) => ({ id, query: { size: '3', page: '2' } })));
    }
  });

  it('a route without @Paginate() is bounded by the names of forRoot()', async () => {
    @Controller()
    @UseInterceptors(PaginationInterceptor)
    class CarelessController {
      @Get('careless')
      careless() {
        return IDS;
      }
    }
    const params = { limit: 'size', page: 'page' };
    const { url } = await startApp(adapter, [CarelessController], { pagination: { params } });
    expect((await readAnswer(`${url}/careless?size=3&limit=9`)).body).toEqual([0, 1, 2]);
    expect((await readAnswer(`${url}/careless?size=x`)).status).toBe(400);
  });

  it('cursors of another service are not sent under names that nothing reads', async () => {
    @Controller()
    @UseInterceptors(PaginationInterceptor)
    class ForeignController {
      @Get('foreign')
      foreign(@Paginate() { limit }: PageRequest) {
        return { items: [0], page: { limit, hasMore: true, next: 'theirs', previous: 'ours' } };
      }
    }
    const params = { limit: 'size', page: 'page' };
    const { url } = await startApp(adapter, [ForeignController], { pagination: { params } });
    expect((await readAnswer(`${url}/foreign?size=1`)).link).toBe('<?size=1&page=2>; rel="next"');
  });

  it('the names of a route replace all names of forRoot()', async () => {
    const controller = listController({ params: { limit: 'count' } });
    const { url } = await startApp(adapter, [controller], { pagination: { params: { range: 'range' } } });
    const { body } = await readAnswer(`${url}/bare?count=2&range=[5,9]`);
    expect(body).toEqual([{ id: 0 }, { id: 1 }]);
  });
});
