import { Controller, Get, UseInterceptors, VersioningType, type INestApplication } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import {
  ConfigDefinitionError,
  type LinkStyle,
  Page,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import { ADAPTERS, startApp } from './support/http-app.js';
import { sendRaw } from './support/raw-request.js';

const TOTAL = 7;

const rowsOf = (page: PageRequest) =>
  Array.from({ length: TOTAL }, (_, row) => row).slice(page.offset, page.offset + page.take);

@Controller({ path: 'lists', version: '1' })
@UseInterceptors(PaginationInterceptor)
class ListsController {
  @Get()
  all(@Paginate() page: PageRequest) {
    return rowsOf(page);
  }

  @Get('named/:name')
  named(@Paginate() page: PageRequest) {
    return rowsOf(page);
  }
}

@Controller()
@UseInterceptors(PaginationInterceptor)
class AnyPathController {
  @Get('*')
  all(@Paginate() page: PageRequest) {
    return rowsOf(page);
  }
}

const versioned = (app: INestApplication) => {
  app.setGlobalPrefix('api');
  app.enableVersioning({ type: VersioningType.URI });
};

const targetsIn = (link: string | undefined) => /^<([^<>]*)>; rel="next"$/.exec(link ?? '')?.[1];

const BASES: readonly (readonly [LinkStyle, string])[] = [
  ['relative', ''],
  ['path', '/api/v1/lists'],
  [{}, '/api/v1/lists'],
  [{ origin: 'https://api.example.com' }, 'https://api.example.com/api/v1/lists'],
  [{ prefix: '/shop' }, '/shop/api/v1/lists'],
  [
    { origin: 'https://[2001:db8::1]:8443', prefix: '/shop/%C3%A9' },
    'https://[2001:db8::1]:8443/shop/%C3%A9/api/v1/lists',
  ],
];

/** Headers by which a proxy, or a client that pretends to be one, names itself. */
const FORGED = {
  host: 'evil.test',
  origin: 'https://evil.test',
  forwarded: 'host=evil.test;proto=https',
  'x-forwarded-host': 'evil.test',
  'x-forwarded-prefix': '/evil.test',
  'x-forwarded-proto': 'evil',
  'x-forwarded-uri': '/evil.test',
  'x-original-url': '/evil.test',
  'x-rewrite-url': '/evil.test',
};

// As they are on the wire: latin1 stands for bytes.
const bytes = (text: string) => Buffer.from(text).toString('latin1');
const PATHS = [
  '/a',
  '/a/',
  '/a%20b',
  '/a%2Fb',
  '/a%5Cb',
  '/%3Cb%3E',
  '/a;b,c=d:e@f',
  '/%C3%A9',
  bytes('/é'),
  bytes('/日本/😀'),
  '/a"b',
  '/<b>;rel="prev"',
  '/a\\b',
  '/\\evil.test',
  '/\\\\evil.test/a',
  '//evil.test',
  '//evil.test/a',
  '///evil.test/a',
  '//user:password@evil.test/a',
  '/https://evil.test/a',
  '/javascript:alert(1)',
  '/a/../b',
  '/..//evil.test/a',
  '/.//evil.test/a',
  '/%2e%2e//evil.test/a',
];

describe.each(ADAPTERS)('on %s, a link', (adapter) => {
  it.each(BASES)('of the style %o starts with %s', async (link, base) => {
    const { url } = await startApp(
      adapter,
      [ListsController],
      { pagination: { link } },
      { prepare: versioned },
    );
    const { headers } = await sendRaw(url, '/api/v1/lists?q=a%20b&limit=3');
    expect(headers.get('link')).toBe(`<${base}?limit=3&offset=3&q=a%20b>; rel="next"`);
  });

  it.each(['relative', 'path'] as const)(
    'of the style %s leads to the next page, whatever the path is',
    async (link) => {
      const { url } = await startApp(adapter, [AnyPathController], { pagination: { link } });
      const leading: string[] = [];
      for (const path of PATHS) {
        const first = await sendRaw(url, `${path}?limit=3`);
        // Fastify refuses what it cannot decode.
        if (first.status !== 200) continue;
        const target = targetsIn(first.headers.get('link'));
        expect(target, path).toMatch(/^[\x21-\x7e]+$/);
        // The URL from which a client got this response: an origin and the target that it sent.
        const next = link === 'path' ? new URL(target!, url) : new URL(url + path + target!);
        expect(next.origin, path).toBe(new URL(url).origin);
        const second = await sendRaw(url, next.href.slice(next.origin.length));
        expect([second.status, second.body], path).toEqual([200, '[3,4,5]']);
        leading.push(path);
      }
      expect(leading.length).toBeGreaterThan(PATHS.length - 5);
    },
  );

  it('has the path of a request that names another host in its first line', async () => {
    for (const [link, base] of [
      ['path', ''],
      [{ origin: 'https://api.example.com' }, 'https://api.example.com'],
    ] as const) {
      const { url } = await startApp(adapter, [AnyPathController], { pagination: { link } });
      for (const authority of ['evil.test', 'user:password@evil.test:81', '']) {
        const { status, headers } = await sendRaw(url, `http://${authority}/a/b?limit=3`);
        if (status !== 200) continue;
        expect(headers.get('link')).toBe(`<${base}/a/b?limit=3&offset=3>; rel="next"`);
      }
    }
  });

  it.each(BASES)('of the style %o does not depend on the headers of the request', async (link, base) => {
    const { url } = await startApp(
      adapter,
      [ListsController],
      { pagination: { link } },
      { prepare: versioned },
    );
    const { headers } = await sendRaw(url, '/api/v1/lists?limit=3', FORGED);
    expect(headers.get('link')).toBe(`<${base}?limit=3&offset=3>; rel="next"`);
  });

  it('is also written so where an envelope shows it', async () => {
    @Controller('pages')
    @UseInterceptors(PaginationInterceptor)
    class PagesController {
      @Get(':shop')
      all(@Paginate() page: PageRequest) {
        return Page.of(rowsOf(page), page, { total: TOTAL });
      }
    }
    const { url } = await startApp(adapter, [PagesController], {
      pagination: {
        link: { origin: 'https://api.example.com', prefix: '/v' },
        envelope: ({ items, links }) => ({ items, links }),
      },
    });
    const { body } = await sendRaw(url, '/pages/%C3%A9?limit=3&offset=3', FORGED);
    const at = (offset: number) => `https://api.example.com/v/pages/%C3%A9?limit=3&offset=${offset}`;
    expect(JSON.parse(body)).toEqual({
      items: [3, 4, 5],
      links: { first: at(0), prev: at(0), next: at(6), last: at(6) },
    });
  });
});

describe('The boot refuses a link', () => {
  const boot = (link: unknown) =>
    startApp('express', [], { pagination: { link: link as LinkStyle } }).then(
      () => undefined,
      (error: unknown) => error,
    );

  async function expectRefused(link: unknown, message: RegExp): Promise<void> {
    const error = await boot(link);
    expect(error).toBeInstanceOf(ConfigDefinitionError);
    expect((error as Error).message).toMatch(message);
  }

  it.each([
    'https://api.example.com/',
    'https://api.example.com/path',
    'https://api.example.com?a',
    'https://api.example.com#a',
    'https://user@api.example.com',
    'https://user:password@api.example.com',
    'https://api.example.com:443',
    'https://API.example.com',
    'https://api.example.com ',
    ' https://api.example.com',
    'https://api.example.com\n',
    'https://api.example.com\r\nX: y',
    'https://api.example.com>; rel="prev',
    'https:api.example.com',
    'https://',
    '//api.example.com',
    'api.example.com',
    'javascript:alert(1)',
    'data:text/html,a',
    'file:///etc',
    'ftp://api.example.com',
    '',
    null,
    1,
    new URL('https://api.example.com'),
  ])('whose origin is %j', async (origin) => {
    await expectRefused({ origin }, /pagination\.link\.origin must be an origin/);
  });

  it.each([
    '',
    '/',
    'shop',
    '/shop/',
    '//shop',
    '/shop//a',
    '/shop?a',
    '/shop#a',
    '/shop a',
    '/shop\\a',
    '/shop\n',
    '/shop>',
    '/shop/é',
    '/shop/%',
    '/shop/%zz',
    '/../shop',
    '/shop/..',
    '/shop/./a',
    '/%2e%2E/shop',
    'https://api.example.com/shop',
    null,
    1,
  ])('whose prefix is %j', async (prefix) => {
    await expectRefused({ prefix }, /pagination\.link\.prefix must be a path/);
  });

  it.each(['absolute', null, 1, () => 'path'])('that is %j', async (link) => {
    await expectRefused(link, /pagination\.link must be/);
  });
});
