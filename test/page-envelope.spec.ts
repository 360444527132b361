import {
  Body,
  ClassSerializerInterceptor,
  Controller,
  Get,
  HttpCode,
  Inject,
  Post,
  Query,
  UseInterceptors,
} from '@nestjs/common';
import { Exclude } from 'class-transformer';
import { describe, expect, it } from 'vitest';
import {
  CachePublic,
  ConfigDefinitionError,
  type EnvelopedPage,
  HttpCacheInterceptor,
  LoadingCache,
  Page,
  type PageEnvelope,
  type PageRequest,
  Paginate,
  PaginationInterceptor,
  type PaginationOptions,
  resolvePage,
} from 'nestjs-production-config';
import { DIALECTS, IDS, sortedRows } from './support/dialects.js';
import { ADAPTERS, type Adapter, readAnswer, startApp } from './support/http-app.js';

class Row {
  @Exclude()
  readonly secret = 'kept back';

  constructor(readonly id: number) {}
}

const total = IDS.length;
const rowsAt = (page: PageRequest) =>
  IDS.slice(page.offset, page.offset + page.take).map((id) => new Row(id));

@Controller('rows')
@UseInterceptors(PaginationInterceptor)
class RowsController {
  constructor(@Inject(LoadingCache) private readonly cache: LoadingCache) {}

  @Get('plain')
  plain(@Paginate() page: PageRequest) {
    return Page.of(rowsAt(page), page);
  }

  @Get('counted')
  counted(@Paginate() page: PageRequest) {
    return Page.of(rowsAt(page), page, { total });
  }

  @Get('empty')
  empty(@Paginate() page: PageRequest) {
    return Page.of([], page, { total: 0 });
  }

  @Get('sorted')
  sorted(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    return Page.of(sortedRows(page), page, ({ id }) => [id]);
  }

  @Get('loaded')
  async loaded(@Paginate() page: PageRequest) {
    return this.cache.get(
      `rows:${page.limit}:${page.offset}`,
      () => Promise.resolve(Page.of(rowsAt(page), page, { total })),
      { ttlSeconds: 60 },
    );
  }

  @Get('resolved')
  resolved(@Query() query: object) {
    const page = resolvePage(query, { pageSize: 10, maxPageSize: 25 });
    return Page.of(rowsAt(page), page);
  }

  @Get('bare')
  bare(@Paginate() page: PageRequest) {
    return rowsAt(page).map(({ id }) => id);
  }

  @Get('items')
  items(@Paginate() page: PageRequest) {
    return { items: rowsAt(page).map(({ id }) => id) };
  }

  @Get('untaken')
  untaken() {
    return { items: [1], page: { limit: 1, hasMore: false, next: null } };
  }

  @Post('search')
  @HttpCode(200)
  search(@Paginate({ from: 'body' }) page: PageRequest, @Body() body: object) {
    return Page.of(rowsAt(page), page, { total }).map(({ id }) => ({ id, body }));
  }
}

const start = (adapter: Adapter, pagination: PaginationOptions) =>
  startApp(adapter, [RowsController], { env: { PAGE_SIZE: '10', MAX_PAGE_SIZE: '25' }, pagination });

/** Shows everything but the items. */
const shown: PageEnvelope = ({ items, ...page }) => ({ ids: items.map((item) => (item as Row).id), ...page });

type Shown = Omit<EnvelopedPage, 'items'> & { readonly ids: readonly number[] };
const pageOf = async (url: string) => {
  const { status, body } = await readAnswer(url);
  expect(status).toBe(200);
  return body as Shown;
};

const JSON_API: PageEnvelope = ({ items, total: count, lastNumber, links }) => ({
  data: items.map((item) => ({ type: 'rows', id: String((item as Row).id) })),
  meta: { count, pages: lastNumber },
  links,
});

describe.each(ADAPTERS)('on %s, an envelope', (adapter) => {
  it('gets a page by offset', async () => {
    const { url } = await start(adapter, { envelope: shown });
    expect(await pageOf(`${url}/rows/plain?limit=5&offset=12&q=a`)).toEqual({
      ids: [12, 13, 14, 15, 16],
      limit: 5,
      offset: 12,
      number: 3,
      hasMore: true,
      next: null,
      previous: null,
      links: {
        first: '?limit=5&offset=0&q=a',
        prev: '?limit=5&offset=7&q=a',
        next: '?limit=5&offset=17&q=a',
        last: null,
      },
    });
  });

  it('gets a numbered page with a total', async () => {
    const params = { limit: 'size', page: 'page' };
    const { url } = await start(adapter, { envelope: shown, params });
    const link = (page: number) => `?size=25&page=${page}`;
    const first = await pageOf(`${url}/rows/counted?size=25`);
    const [prev, next] = [null, null];
    expect(first).toMatchObject({ limit: 25, offset: 0, number: 1, lastNumber: 5, hasMore: true, total });
    expect(first.links).toEqual({ first: link(1), prev, next: link(2), last: link(5) });
    const middle = await pageOf(`${url}/rows/counted${first.links.next!}`);
    expect(middle).toMatchObject({ ids: IDS.slice(25, 50), offset: 25, number: 2 });
    expect(middle.links).toEqual({ first: link(1), prev: link(1), next: link(3), last: link(5) });
    const last = await pageOf(`${url}/rows/counted${middle.links.last!}`);
    expect(last).toMatchObject({ ids: IDS.slice(100), number: 5, lastNumber: 5, hasMore: false });
    expect(last.links).toEqual({ first: link(1), prev: link(4), next, last: link(5) });
    const empty = await pageOf(`${url}/rows/empty?size=25`);
    expect(empty).toMatchObject({ ids: [], number: 1, lastNumber: 1, hasMore: false, total: 0 });
    expect(empty.links).toEqual({ first: link(1), prev, next, last: link(1) });
  });

  it('gets numbers from 0 if the client counts from 0', async () => {
    const params = { limit: 'size', page: { name: 'page', first: 0 } } as const;
    const { url } = await start(adapter, { envelope: shown, params });
    const page = await pageOf(`${url}/rows/counted?size=25&page=2`);
    expect(page).toMatchObject({ ids: IDS.slice(50, 75), number: 2, lastNumber: 4 });
    expect(page.links).toMatchObject({ first: '?size=25&page=0', last: '?size=25&page=4' });
  });

  it('gets neither offset nor number of a page by cursor', async () => {
    const params = { limit: 'size', page: 'page', after: 'after' };
    const { url } = await start(adapter, { envelope: shown, params });
    const third = await pageOf(`${url}/rows/sorted?size=10&page=3`);
    expect(third).toMatchObject({ ids: IDS.slice(20, 30), offset: 20, number: 3, previous: null });
    expect(third.links).toEqual({
      first: '?size=10&page=1',
      prev: '?size=10&page=2',
      next: `?size=10&after=${third.next!}`,
      last: null,
    });
    const fourth = await pageOf(`${url}/rows/sorted${third.links.next!}`);
    expect(fourth.ids).toEqual(IDS.slice(30, 40));
    expect(fourth).not.toHaveProperty('offset');
    expect(fourth).not.toHaveProperty('number');
    expect(fourth.links).toMatchObject({ first: '?size=10&page=1', prev: null });
  });

  it('gets the links of a list that is read backward', async () => {
    const params = { limit: 'first', after: 'after', last: 'last', before: 'before' };
    const { url } = await start(adapter, { envelope: shown, params });
    const first = await pageOf(`${url}/rows/sorted?first=10&q=a`);
    expect(first.links).toEqual({
      first: '?first=10&q=a',
      prev: null,
      next: `?first=10&after=${first.next!}&q=a`,
      last: '?last=10&q=a',
    });
    const last = await pageOf(`${url}/rows/sorted${first.links.last!}`);
    expect(last).toMatchObject({ ids: IDS.slice(-10), hasMore: false, next: null });
    expect(last.links).toMatchObject({ prev: `?last=10&before=${last.previous!}&q=a`, next: null });
    const beforeLast = await pageOf(`${url}/rows/sorted${last.links.prev!}`);
    expect(beforeLast).toMatchObject({ ids: IDS.slice(-20, -10), hasMore: true });
    const again = await pageOf(`${url}/rows/sorted${beforeLast.links.next!}`);
    expect(again.ids).toEqual(last.ids);
  });

  it('gets pages that LoadingCache kept', async () => {
    const { url } = await start(adapter, { envelope: shown });
    const made = await pageOf(`${url}/rows/loaded?limit=20&offset=20`);
    expect(made).toMatchObject({ ids: IDS.slice(20, 40), number: 2, lastNumber: 7, total });
    expect(made.links.next).toBe('?limit=20&offset=40');
    expect(await pageOf(`${url}/rows/loaded?limit=20&offset=20`)).toEqual(made);
  });

  it('gets pages of resolvePage()', async () => {
    const { url } = await start(adapter, { envelope: shown, params: { limit: 'size', page: 'page' } });
    const page = await pageOf(`${url}/rows/resolved?size=5&page=2`);
    expect(page).toMatchObject({ ids: IDS.slice(5, 10), number: 2, links: { next: '?size=5&page=3' } });
  });

  it('gets pages of a search by POST, without links', async () => {
    const { url } = await start(adapter, {
      envelope: ({ items, links, offset }) => ({ items, links, offset }),
      params: { limit: 'page[size]', page: 'page[number]' },
    });
    const response = await fetch(`${url}/rows/search`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ page: { size: 2, number: 3 }, color: 'red' }),
    });
    expect(response.headers.get('link')).toBeNull();
    expect([response.status, await response.json()]).toEqual([
      200,
      {
        items: [4, 5].map((id) => ({ id, body: { color: 'red' } })),
        links: { first: null, prev: null, next: null, last: null },
        offset: 4,
      },
    ]);
  });

  it('leaves everything but pages as it is', async () => {
    const { url } = await start(adapter, { envelope: () => 'wrapped' });
    expect((await readAnswer(`${url}/rows/bare?limit=2`)).body).toEqual([0, 1]);
    expect((await readAnswer(`${url}/rows/items?limit=2`)).body).toEqual({ items: [0, 1] });
    expect((await readAnswer(`${url}/rows/untaken`)).body).toMatchObject({ items: [1] });
  });

  it('makes documents of JSON:API, whose links lead through the list', async () => {
    const params = { limit: 'page[size]', page: 'page[number]' };
    const { url } = await start(adapter, { envelope: { wrap: JSON_API }, params });
    const ids: string[] = [];
    for (let link: string | null = '?page[size]=20&filter[color]=red'; link !== null;) {
      const { body, link: header } = await readAnswer(`${url}/rows/counted${link}`);
      const { data, meta, links } = body as {
        data: { id: string }[];
        meta: object;
        links: Record<string, string | null>;
      };
      ids.push(...data.map(({ id }) => id));
      expect(meta).toEqual({ count: total, pages: 7 });
      expect(header).toBe(links['next'] === null ? null : `<${links['next']}>; rel="next"`);
      expect(links['first']).toBe('?page%5Bsize%5D=20&page%5Bnumber%5D=1&filter[color]=red');
      link = links['next']!;
    }
    expect(ids).toEqual(IDS.map(String));
  });

  it.each<[string, PaginationOptions['link'], string]>([
    ['relative', undefined, ''],
    ['path', 'path', '/rows/plain'],
    ['an origin', { origin: 'https://api.example.com' }, 'https://api.example.com/rows/plain'],
    ['a prefix', { prefix: '/shop' }, '/shop/rows/plain'],
    [
      'both',
      { origin: 'https://api.example.com', prefix: '/shop' },
      'https://api.example.com/shop/rows/plain',
    ],
  ])('gets links in the style of the Link header (%s)', async (_style, link, base) => {
    const { url } = await start(adapter, { envelope: shown, link });
    const answer = await readAnswer(`${url}/rows/plain?offset=20&limit=10&q=a`);
    const { links } = answer.body as Shown;
    expect(links).toEqual({
      first: `${base}?limit=10&offset=0&q=a`,
      prev: `${base}?limit=10&offset=10&q=a`,
      next: `${base}?limit=10&offset=30&q=a`,
      last: null,
    });
    expect(answer.link).toBe(`<${links.next}>; rel="next"`);
  });

  it('that throws is a 500 without the headers of the page', async () => {
    const wrap = () => {
      throw new Error('no envelope');
    };
    const { url, logger } = await start(adapter, { envelope: wrap });
    const answer = await readAnswer(`${url}/rows/counted`);
    expect([answer.status, answer.link]).toEqual([500, null]);
    expect(answer.body).toEqual({ statusCode: 500, message: 'Internal server error' });
    expect(logger.of('error').join()).toContain('no envelope');
  });

  it('contains items that ClassSerializerInterceptor serializes', async () => {
    @Controller()
    @UseInterceptors(ClassSerializerInterceptor, PaginationInterceptor)
    class SerializedController {
      @Get()
      list(@Paginate() page: PageRequest) {
        return Page.of(rowsAt(page), page);
      }
    }
    const envelope: PageEnvelope = ({ items, number }) => ({ data: { rows: items }, number });
    const { url } = await startApp(adapter, [SerializedController], { pagination: { envelope } });
    expect((await readAnswer(`${url}/?limit=2`)).body).toEqual({
      data: { rows: [{ id: 0 }, { id: 1 }] },
      number: 1,
    });
  });

  it.each(['data', 5, {}, { wrap: 'data' }, { wrap: () => [], schema: {} }])(
    'must be a function or have one (%j)',
    async (envelope) => {
      await expect(start(adapter, { envelope: envelope as never })).rejects.toThrow(ConfigDefinitionError);
    },
  );
});

@Controller()
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class CachedController {
  static calls = 0;

  @Get('counted')
  @CachePublic()
  counted(@Paginate() page: PageRequest) {
    CachedController.calls++;
    return Page.of(rowsAt(page), page, { total });
  }

  @Get('sorted')
  @CachePublic()
  sorted(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    CachedController.calls++;
    return Page.of(sortedRows(page), page, ({ id }) => [id]);
  }
}

const ENVELOPES = [undefined, JSON_API];

describe.each(ADAPTERS)('behind HttpCacheInterceptor on %s', (adapter) => {
  for (const { name, params, at, sized, refuses } of DIALECTS) {
    it(`each granted page is cached once, by ${name}`, async () => {
      for (const envelope of ENVELOPES) {
        const { url } = await startApp(adapter, [CachedController], {
          env: { PAGE_SIZE: '10', MAX_PAGE_SIZE: '25' },
          pagination: { params, envelope },
        });
        const path = at === undefined ? 'sorted' : 'counted';
        const read = async (query: string) => {
          const response = await fetch(`${url}/${path}?${query}`);
          const { headers } = response;
          return [response.status, headers.get('link'), headers.get('x-total-count'), await response.text()];
        };
        const sizes = [sized(10), '', sized(10).replaceAll('[', '%5B').replaceAll(']', '%5D')];
        const larger = refuses === undefined ? [sized(25), sized(26), sized(1_000)] : [sized(25)];
        const positions = at === undefined ? [] : [at(20, 10), `${at(20, 10)}&`];
        for (const same of [sizes, larger, positions].filter(({ length }) => length > 0)) {
          const calls = CachedController.calls;
          const answers = [];
          for (const query of [...same, ...same]) answers.push(await read(query));
          expect(CachedController.calls).toBe(calls + 1);
          const sendsTotal = params.start !== undefined || params.range !== undefined;
          const expected = [200, expect.stringContaining('rel="next"'), sendsTotal ? '123' : null];
          expect(answers[0]!.slice(0, 3)).toEqual(expected);
          for (const answer of answers) expect(answer).toEqual(answers[0]);
        }
      }
    });
  }
});
