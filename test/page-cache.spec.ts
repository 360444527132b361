import { Controller, Get, Query, UseInterceptors, type INestApplication } from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { describe, expect, it } from 'vitest';
import {
  CachePublic,
  HttpCacheInterceptor,
  Page,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';
import { sendRaw } from './support/raw-request.js';

@Controller()
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class CachedController {
  @Get('filtered')
  @CachePublic({ query: ['color', 'filter'] })
  filtered(@Paginate() page: PageRequest, @Query('color') color = '', @Query('filter') filter: unknown = '') {
    return Page.of(
      Array.from({ length: page.take }, () => ({ color, filter })),
      page,
    );
  }
}

const extended = (app: INestApplication) =>
  void (app as NestExpressApplication).set('query parser', 'extended');

describe.each(ADAPTERS)('on %s, a shared response', (adapter) => {
  it('has no parameters of one client that are not in its key', async () => {
    const { url } = await startApp(adapter, [CachedController], {
      pagination: { envelope: ({ items, links }) => ({ items, links }) },
    });
    const own = 'access_token=secret&filter[x]=secret&utm=evil';
    for (const target of [`/filtered?limit=2&${own}&color=red`, '/filtered?color=red&limit=2']) {
      const { headers, body } = await sendRaw(url, target);
      expect(headers.get('link')).toBe('<?limit=2&offset=2&color=red>; rel="next"');
      expect(JSON.parse(body)).toMatchObject({ links: { next: '?limit=2&offset=2&color=red' } });
      expect(headers.get('x-cache')).toBe(target.includes(own) ? 'MISS' : 'HIT');
    }
  });
});

it('A shared response keeps a nested parameter in its links if that is in its key', async () => {
  const { url } = await startApp('express', [CachedController], {}, { prepare: extended });
  const { headers } = await sendRaw(url, '/filtered?filter[a]=1&other[a]=2&limit=2');
  expect(headers.get('link')).toBe('<?limit=2&offset=2&filter[a]=1>; rel="next"');
});

describe('An envelope', () => {
  it('gets a copy of the items, and only of lists', async () => {
    const kept = [3, 2, 1];
    @Controller()
    @UseInterceptors(PaginationInterceptor)
    class KeptController {
      @Get('kept')
      kept(@Paginate() page: PageRequest) {
        return { items: kept, page: { limit: page.limit, hasMore: false, next: null } };
      }

      @Get('other')
      other(@Paginate() page: PageRequest) {
        return { rows: kept, page: { limit: page.limit, hasMore: false } };
      }
    }
    const { url } = await startApp('express', [KeptController], {
      pagination: { envelope: ({ items }) => ({ data: (items as number[]).splice(0) }) },
    });
    const read = async (path: string) => (await fetch(url + path)).json();
    expect(await read('/kept')).toEqual({ data: [3, 2, 1] });
    expect(kept).toEqual([3, 2, 1]);
    expect(await read('/other')).toMatchObject({ rows: [3, 2, 1] });
  });
});
