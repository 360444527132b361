import { Controller, Get, HttpCode, Post, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { Page, Paginate, PaginationInterceptor, type PageRequest } from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';

@Controller()
@UseInterceptors(PaginationInterceptor)
class ListsController {
  /** Has a Link unless it is the last page, and X-Total-Count. */
  @Get('ranges')
  ranges(@Paginate({ params: { range: 'range' } }) page: PageRequest) {
    return Page.of([1, 2, 3].slice(page.offset, page.offset + page.take), page, { total: 3 });
  }

  @Get('pages')
  pages(@Paginate() page: PageRequest) {
    return Page.of([1, 2, 3].slice(page.offset, page.offset + page.take), page, { total: 3 });
  }

  @Post('search')
  @HttpCode(200)
  search(@Paginate({ from: 'body' }) page: PageRequest) {
    return Page.of([1, 2, 3].slice(page.offset, page.offset + page.take), page);
  }
}

type Cors = { readonly exposedHeaders: string | string[] } | undefined;

describe.each(ADAPTERS)('on %s, a header that CORS hides from scripts', (adapter) => {
  async function warningsOf(
    cors: Cors | 'off',
    targets: readonly string[],
    origin?: string,
  ): Promise<string[]> {
    const { url, logger } = await startApp(
      adapter,
      [ListsController],
      {},
      { prepare: (app) => void (cors === 'off' || app.enableCors(cors)) },
    );
    for (const target of targets) {
      const [method = '', path = ''] = target.split(' ');
      const own = origin ?? 'https://shop.example.com';
      const headers: Record<string, string> = own === '' ? {} : { origin: own === 'same' ? url : own };
      expect((await fetch(url + path, { method, headers })).status).toBe(200);
    }
    return logger.of('warn').filter((line) => line.includes('exposedHeaders'));
  }

  it.each<[string, readonly string[], string]>([
    ['Link', ['GET /pages?limit=1'], "['Link']"],
    ['X-Total-Count', ['GET /ranges'], "['X-Total-Count']"],
    ['Link and X-Total-Count', ['GET /ranges?range=[0,1]'], "['Link', 'X-Total-Count']"],
  ])('is named once: %s', async (names, targets, list) => {
    const warnings = await warningsOf(undefined, [...targets, ...targets, 'GET /pages?limit=2']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(`cannot read ${names}. Write app.enableCors({ exposedHeaders: ${list} })`);
  });

  it('is named if another one is exposed', async () => {
    const warnings = await warningsOf({ exposedHeaders: ['X-Other', 'link'] }, ['GET /ranges?range=[0,1]']);
    expect(warnings).toEqual([expect.stringContaining("['X-Total-Count']")]);
  });

  const both = ['GET /ranges?range=[0,1]', 'GET /pages?limit=1'];

  it.each<[string, Cors | 'off', readonly string[], string?]>([
    ['it is exposed', { exposedHeaders: ['Link', 'X-Total-Count'] }, both],
    ['it is exposed in another spelling', { exposedHeaders: 'link,x-total-count' }, both],
    ['all are exposed', { exposedHeaders: '*' }, both],
    ['CORS is off', 'off', both],
    ['the request is no one of a script', undefined, both, ''],
    ['the request is of the same origin', undefined, both, 'same'],
    ['the response has no such header', undefined, ['GET /pages?limit=9', 'POST /search']],
  ])('is not named if %s', async (_case, cors, targets, origin) => {
    expect(await warningsOf(cors, targets, origin)).toEqual([]);
  });
});
