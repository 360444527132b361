import { CACHE_MANAGER, CacheTTL, type Cache } from '@nestjs/cache-manager';
import {
  Controller,
  Delete,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Param,
  Patch,
  Post,
  Put,
  Query,
  Redirect,
  Req,
  Res,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
  type Type,
} from '@nestjs/common';
import { APP_INTERCEPTOR } from '@nestjs/core';
import fastifyCompress from '@fastify/compress';
import fastifyCookie from '@fastify/cookie';
import fastifyEtag from '@fastify/etag';
import fastifySession from '@fastify/session';
import compression from 'compression';
import cookieSession from 'cookie-session';
import expressSession from 'express-session';
import helmet from 'helmet';
import onHeaders from 'on-headers';
import { AsyncLocalStorage } from 'node:async_hooks';
import { request, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { map, tap, timeout, type Observable } from 'rxjs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  CacheMetrics,
  CachePublic,
  CacheVary,
  HttpCacheInterceptor,
  Page,
  Paginate,
  PaginationInterceptor,
  Uncached,
  type PageRequest,
} from 'nestjs-production-config';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { express, fastify, hook, outside, startCached, type Setup } from './support/cached-app.js';
import { ADAPTERS, startApp, type Adapter, type AppParts } from './support/http-app.js';
import { sendRaw } from './support/raw-request.js';

interface Reply {
  readonly raw?: ServerResponse;
  header(name: string, value: string): unknown;
  setCookie?(name: string, value: string): unknown;
  cookie?(name: string, value: string): unknown;
}

let runs = 0;
/** Whether the next slow response never arrives. */
let isHeld = false;
const users = new AsyncLocalStorage<string>();
const answer = () => ({ run: ++runs });
beforeEach(() => void (runs = 0));

@Controller('r')
@UseInterceptors(HttpCacheInterceptor)
@CachePublic()
class RoutesController {
  @Get('plain')
  plain(@Query('q') _q?: string) {
    return answer();
  }

  @Get('big')
  big() {
    return { run: ++runs, rows: Array.from({ length: 200 }, (_, id) => ({ id, name: `row ${id}` })) };
  }

  @Get('cookie')
  cookie(@Res({ passthrough: true }) reply: Reply) {
    (reply.setCookie ?? reply.cookie)!.call(reply, 'id', '1');
    return answer();
  }

  @Get('session')
  session(@Req() { session }: { session: Record<string, unknown> }) {
    session['user'] = ++runs;
    return { run: runs };
  }

  @Get('redirect')
  @Redirect('/elsewhere')
  redirect() {
    return { url: `/elsewhere?state=${++runs}`, statusCode: 302 };
  }

  @Get('accepted')
  @HttpCode(202)
  accepted() {
    return answer();
  }

  @Get('own')
  own(@Res() reply: Reply & { send(body: unknown): void }) {
    reply.send(answer());
  }

  @Get('tagged')
  tagged(@Res({ passthrough: true }) reply: Reply) {
    reply.header('ETag', '"mine"');
    return answer();
  }

  @Get('dated')
  dated(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Last-Modified', 'Wed, 21 Oct 2015 07:28:00 GMT');
    return answer();
  }

  @Get('headers')
  headers(@Query('set') set: string, @Res({ passthrough: true }) reply: Reply) {
    for (const [name, value] of Object.entries(JSON.parse(set) as Record<string, string>)) {
      reply.header(name, value);
    }
    return answer();
  }

  @Get('missing')
  @Header('Cache-Control', 'public, max-age=60')
  missing(): never {
    throw new NotFoundException();
  }

  @Get('text')
  text() {
    return `text ${++runs}`;
  }

  @Get('number')
  number() {
    return ++runs;
  }

  @Get('typed')
  @Header('Content-Type', 'application/hal+json')
  typed() {
    return answer();
  }

  @Get('hangs')
  hangs() {
    return ++runs === 1 ? new Promise(() => undefined) : { run: runs };
  }

  @Get('slow')
  async slow() {
    const run = ++runs;
    if (isHeld) {
      isHeld = false;
      await new Promise(() => undefined);
    }
    await delay(200);
    return { run };
  }

  @Get('twice')
  @UseInterceptors(HttpCacheInterceptor)
  twice() {
    return answer();
  }

  @Get('uncached')
  @Uncached()
  uncached() {
    return answer();
  }

  @Get('brief')
  @CacheTTL((at: ExecutionContext) =>
    at.switchToHttp().getRequest<{ query: { ms?: string } }>().query.ms === '0'
      ? -1
      : Promise.resolve(60_000),
  )
  brief() {
    return answer();
  }

  @Get('whose')
  async whose(@Res({ passthrough: true }) reply: Reply) {
    runs++;
    await delay(100);
    reply.header('Cache-Control', 'private');
    return { user: users.getStore() };
  }
}

const secret = 'a secret of at least thirty-two characters';
const start = async (adapter: Adapter, parts: AppParts = {}, controllers: Type[] = [RoutesController]) => {
  const app = await startCached(adapter, parts, controllers);
  /** Whether the second of two requests was served without the handler. */
  const isKept = async (path: string, headers: Record<string, string> = {}) => {
    await app.get(path, headers);
    const before = runs;
    await app.get(path, headers);
    return runs === before;
  };
  return { ...app, isKept };
};
const all =
  (...setups: Setup[]): Setup =>
  (app) =>
    setups.forEach((setup) => setup(app));

describe.each(ADAPTERS)('a response on %s', (adapter) => {
  const isExpress = adapter === 'express';

  const LATE: Record<Adapter, [string, string, Setup][]> = {
    express: [
      ['res.cookie() of the handler', 'r/cookie', () => undefined],
      [
        'express-session',
        'r/session',
        express(expressSession({ secret, resave: false, saveUninitialized: true })),
      ],
      [
        'a rolling express-session',
        'r/plain',
        express(expressSession({ secret, resave: false, saveUninitialized: true, rolling: true })),
      ],
      ['cookie-session', 'r/session', express(cookieSession({ keys: [secret] }))],
      [
        'Cache-Control: private set by on-headers',
        'r/plain',
        express((_request: unknown, response: ServerResponse, next: () => void) => {
          onHeaders(response, () => response.setHeader('Cache-Control', 'private'));
          next();
        }),
      ],
      [
        'a status set by on-headers',
        'r/plain',
        express((_request: unknown, response: ServerResponse, next: () => void) => {
          onHeaders(response, () => void (response.statusCode = 206));
          next();
        }),
      ],
    ],
    fastify: [
      ['setCookie() of @fastify/cookie', 'r/cookie', fastify(fastifyCookie)],
      [
        '@fastify/session',
        'r/session',
        all(fastify(fastifyCookie), fastify(fastifySession, { secret, cookie: { secure: false } })),
      ],
      [
        'Cache-Control: private set by onSend',
        'r/plain',
        hook(
          'onSend',
          async (_request: unknown, reply: Reply) => void reply.header('Cache-Control', 'private'),
        ),
      ],
      [
        'Set-Cookie set by onSend',
        'r/plain',
        hook('onSend', async (_request: unknown, reply: Reply) => void reply.header('Set-Cookie', 'a=1')),
      ],
      [
        'a status set by onSend',
        'r/plain',
        hook(
          'onSend',
          async (_request: unknown, reply: { code(status: number): unknown }) => void reply.code(206),
        ),
      ],
    ],
  };

  it.each(LATE[adapter])('is not cached because of %s', async (_what, path, prepare) => {
    const { isKept } = await start(adapter, { prepare });
    expect(await isKept(path)).toBe(false);
    expect(await isKept(path)).toBe(false);
  });

  it('that sets a cookie is reported once per route', async () => {
    const prepare = isExpress ? () => undefined : fastify(fastifyCookie);
    const { get, logger } = await start(adapter, { prepare });
    for (let time = 0; time < 3; time++) await get('r/cookie');
    const said = logger.of('warn').filter((text) => text.includes('cookie'));
    expect(said).toEqual([
      expect.stringContaining('RoutesController.cookie is not cached: it sets a cookie'),
    ]);
  });

  const HARMLESS: Record<Adapter, [string, Setup][]> = {
    express: [
      ['helmet and CORS', all(express(helmet()), (app) => app.enableCors())],
      ['an untouched session', express(expressSession({ secret, resave: false, saveUninitialized: false }))],
    ],
    fastify: [
      ['CORS', (app) => app.enableCors()],
      [
        'an untouched session',
        all(
          fastify(fastifyCookie),
          fastify(fastifySession, { secret, saveUninitialized: false, cookie: { secure: false } }),
        ),
      ],
      ['@fastify/etag', fastify(fastifyEtag)],
    ],
  };

  it.each(HARMLESS[adapter])('is cached with %s, and identical on a hit', async (_what, prepare) => {
    const { get } = await start(adapter, { prepare });
    const [miss, hit] = [await get('r/plain'), await get('r/plain')];
    expect([miss.cache, hit.cache, hit.text]).toEqual(['MISS', 'HIT', miss.text]);
    const of = ({ response }: { response: Response }) =>
      [...response.headers].filter(([name]) => !['x-cache', 'age', 'date'].includes(name));
    expect(of(hit)).toEqual(of(miss));
  });

  it('is cached in its uncompressed form', async () => {
    const prepare = isExpress
      ? express(compression({ threshold: 0 }))
      : fastify(fastifyCompress, { threshold: 0 });
    const { url } = await start(adapter, { prepare });
    const packed = await sendRaw(url, '/r/big', { 'accept-encoding': 'gzip' });
    const plain = await sendRaw(url, '/r/big');
    const again = await sendRaw(url, '/r/big', { 'accept-encoding': 'gzip' });
    expect([packed, plain, again].map(({ headers }) => headers.get('content-encoding'))).toEqual([
      'gzip',
      undefined,
      'gzip',
    ]);
    expect([plain, again].map(({ headers }) => headers.get('x-cache'))).toEqual(['HIT', 'HIT']);
    expect(plain.body).toContain('{"run":1,');
  });

  it.each(['redirect', 'accepted', 'own', 'uncached'])('of %s is not cached', async (path) => {
    const { get, isKept } = await start(adapter);
    expect(await isKept(`r/${path}`)).toBe(false);
    if (path === 'redirect') expect((await get('r/redirect')).header('location')).toMatch(/state=3$/);
  });

  it.each(['plain', 'text', 'number', 'typed'])('of %s is identical on a hit', async (path) => {
    const { get } = await start(adapter);
    const [miss, hit] = [await get(`r/${path}`), await get(`r/${path}`)];
    expect([hit.cache, hit.text, hit.header('content-type'), hit.header('etag')]).toEqual([
      'HIT',
      miss.text,
      miss.header('content-type'),
      miss.header('etag'),
    ]);
  });

  it('has the ETag of its handler or a generated one on a hit, and is a 304 for clients that have it', async () => {
    const { url, get } = await start(adapter);
    const known = (path: string, tag: string) => sendRaw(url, path, { 'if-none-match': tag });
    expect((await known('/r/tagged', '"mine"')).status).toBe(304);
    const hit = await get('r/tagged');
    expect([hit.cache, hit.header('etag')]).toEqual(['HIT', '"mine"']);

    const tag = (await get('r/plain')).header('etag')!;
    expect(tag).toMatch(/^W\/"/);
    for (const asked of [tag, `"x", ${tag}`, '*', tag.slice(2)]) {
      const { status, headers, body } = await known('/r/plain', asked);
      expect([asked, status, body, headers.get('x-cache')]).toEqual([asked, 304, '', 'HIT']);
    }
    expect((await known('/r/plain', '"other"')).status).toBe(200);
    expect(runs).toBe(2);
  });

  it('is served from the cache even if the client requests a fresh one', async () => {
    const { get } = await start(adapter);
    await get('r/plain');
    for (const value of ['no-cache', 'no-store', 'max-age=0']) {
      expect((await get('r/plain', { 'cache-control': value })).cache).toBe('HIT');
    }
  });

  it('is a 304 for a matching If-Modified-Since, on hit and miss', async () => {
    const { url, get } = await start(adapter);
    const ask = () => sendRaw(url, '/r/dated', { 'if-modified-since': 'Wed, 21 Oct 2015 07:28:00 GMT' });
    expect([(await ask()).status, (await ask()).status]).toEqual([304, 304]);
    const hit = await get('r/dated');
    expect([hit.status, hit.text, hit.cache]).toEqual([200, '{"run":1}', 'HIT']);
  });

  it('that is an error is not shared, and is sent with no-store', async () => {
    const { get, isKept } = await start(adapter);
    expect((await get('r/missing')).header('cache-control')).toBe('no-store');
    expect(await isKept('r/missing')).toBe(true);
    expect((await get('r/missing')).cache).toBeNull();
  });

  it.each([
    [{ Expires: '0' }, false],
    [{ Expires: 'Wed, 21 Oct 2015 07:28:00 GMT' }, false],
    [{ Expires: '3000' }, false],
    [{ Expires: 'Fri, 01 Jan 2100 00:00:00 GMT' }, true],
    [{ Expires: 'fri, 01 jan 2100 00:00:00 gmt' }, true],
    [{ Expires: 'Thursday, 18-Aug-50 02:01:18 GMT' }, true],
    [{ Expires: 'Sunday, 06-Nov-94 08:49:37 GMT' }, false],
    [{ Expires: 'Sat Jan  1 00:00:00 2101' }, true],
    [{ Expires: 'Fri, 01 Jan 2100 00:00:00 CET' }, false],
    [{ Expires: '0', 'Cache-Control': 'max-age=60' }, true],
    [{ 'Cache-Control': 'max-age=-1' }, false],
    [{ 'Cache-Control': 'max-age=abc' }, false],
    [{ 'Cache-Control': 'max-age' }, false],
    [{ 'Cache-Control': 'max-age=60, s-maxage=x' }, false],
    [{ 'Cache-Control': 'max-age="60"' }, true],
    [{ 'Cache-Control': 'MAX-AGE=60' }, true],
    [{ 'Cache-Control': 'x="no-store, private", max-age=60' }, true],
    [{ 'Cache-Control': 'max-age=60', Age: '60' }, false],
    [{ 'Cache-Control': 'max-age=60', Age: '10' }, true],
    [{ Vary: 'Accept, *' }, false],
    [{ 'CDN-Cache-Control': 'no-store', 'Surrogate-Control': 'no-store' }, true],
  ])('with %o is cached: %s', async (set, kept) => {
    const { isKept } = await start(adapter);
    expect(await isKept(`r/headers?set=${encodeURIComponent(JSON.stringify(set))}`)).toBe(kept);
  });

  it('has an Age that includes its time in other caches', async () => {
    const { get } = await start(adapter);
    const path = `r/headers?set=${encodeURIComponent('{"Cache-Control":"max-age=60","Age":"10"}')}`;
    await get(path);
    expect(Number((await get(path)).header('age'))).toBeGreaterThanOrEqual(10);
  });

  it('is stored for the ttl that a function of @CacheTTL() returns', async () => {
    const { isKept } = await start(adapter);
    expect(await isKept('r/brief')).toBe(true);
    expect(await isKept('r/brief?ms=0')).toBe(false);
  });

  it('of a route with two HttpCacheInterceptors is sent and cached', async () => {
    const { isKept } = await start(adapter);
    expect(await isKept('r/twice')).toBe(true);
  });

  it('that never arrives delays other requests for seconds only', async () => {
    const { url, get } = await start(adapter);
    const hanging = request(`${url}/r/hangs`).on('error', () => undefined);
    onTestFinished(() => void hanging.destroy());
    hanging.end();
    await expect.poll(() => runs).toBe(1);
    expect((await get('r/hangs')).text).toBe('{"run":2}');
    expect((await get('r/hangs')).cache).toBe('HIT');
  });

  it('that never arrives fails only the requests that an outer timeout aborts', async () => {
    class Timeout implements NestInterceptor {
      intercept(_context: ExecutionContext, next: CallHandler): Observable<unknown> {
        return next.handle().pipe(timeout(300));
      }
    }
    const { get } = await start(adapter, { providers: [{ provide: APP_INTERCEPTOR, useClass: Timeout }] });
    expect((await get('r/hangs')).status).toBe(500);
    expect((await get('r/hangs')).text).toBe('{"run":2}');
  });

  it('is generated again for waiting clients if the first client disconnects', async () => {
    const { url, get } = await start(adapter);
    isHeld = true;
    const leaving = request(`${url}/r/slow`).on('error', () => undefined);
    leaving.end();
    await expect.poll(() => runs).toBe(1);
    const waiting = Array.from({ length: 50 }, () => get('r/slow'));
    await delay(50);
    leaving.destroy();
    expect(new Set((await Promise.all(waiting)).map(({ text }) => text))).toEqual(new Set(['{"run":2}']));
    expect((await get('r/slow')).cache).toBe('HIT');
  });

  it('is generated in the async context of its own request', async () => {
    const prepare: Setup = (app) =>
      void app.use(({ headers }: IncomingMessage, _response: unknown, next: () => void) =>
        users.run(String(headers['x-user']), next),
      );
    const { get } = await start(adapter, { prepare });
    const asked = Array.from({ length: 5 }, (_, user) => get('r/whose', { 'x-user': String(user) }));
    const texts = (await Promise.all(asked)).map(({ text }) => text);
    expect(texts).toEqual(['0', '1', '2', '3', '4'].map((user) => JSON.stringify({ user })));
  });
});

it("a response has no ETag if Express's setting etag is off", async () => {
  const prepare: Setup = (app) => void (app as NestExpressApplication).set('etag', false);
  const { get } = await start('express', { prepare });
  const tags = [(await get('r/plain')).header('etag'), (await get('r/plain')).header('etag')];
  expect(tags).toEqual([null, null]);
});

describe.each(ADAPTERS)('interceptors outside the cache on %s', (adapter) => {
  const isExpress = adapter === 'express';
  it('see the same value on a hit as on a miss, and cannot change it', async () => {
    const seen: unknown[] = [];
    const { get } = await start(
      adapter,
      outside((next) => next.handle().pipe(tap((value) => seen.push(value)))),
    );
    const [miss, hit] = [await get('r/plain'), await get('r/plain')];
    expect([hit.cache, hit.text, hit.header('content-type'), hit.header('etag')]).toEqual([
      'HIT',
      miss.text,
      miss.header('content-type'),
      miss.header('etag'),
    ]);
    expect(seen).toEqual([{ run: 1 }, { run: 1 }]);
    expect(seen.every((value) => Object.isFrozen(value))).toBe(true);
  });

  it('see pages of plain rows on a hit as on a miss', async () => {
    @Controller('pages')
    @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
    class PagesController {
      @Get()
      @CachePublic()
      list(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
        const rows = Array.from({ length: page.take }, (_, id) => ({ id }));
        return Page.of(rows, page, ({ id }) => [id]);
      }
    }
    const { get } = await start(
      adapter,
      outside((next) => next.handle().pipe(tap(() => undefined))),
      [PagesController],
    );
    const [miss, hit] = [await get('pages?limit=2'), await get('pages?limit=2')];
    expect([hit.cache, hit.text, hit.header('link')]).toEqual(['HIT', miss.text, miss.header('link')]);
    expect(miss.text).toContain('"hasMore":true');
  });

  it('wrap each hit again', async () => {
    let wraps = 0;
    const { get } = await start(
      adapter,
      outside((next) => next.handle().pipe(map((data: unknown) => ({ data, wrap: ++wraps })))),
    );
    expect((await get('r/plain')).text).toBe('{"data":{"run":1},"wrap":1}');
    const hit = await get('r/plain');
    expect([hit.cache, hit.text]).toEqual(['HIT', '{"data":{"run":1},"wrap":2}']);
  });

  it('can turn a hit into an error, which is sent with no-store', async () => {
    let fails = false;
    const { get } = await start(
      adapter,
      outside((next) =>
        next.handle().pipe(
          map((value: unknown) => {
            if (fails) throw new NotFoundException();
            return value;
          }),
        ),
      ),
      [OptionsController],
    );
    expect((await get('options')).header('cache-control')).toMatch(/^public/);
    fails = true;
    const failed = await get('options');
    expect([failed.status, failed.header('cache-control')]).toEqual([404, 'no-store']);
  });

  it('of the adapter run on each hit', async () => {
    let wraps = 0;
    const prepare = isExpress
      ? express((_request: unknown, response: { json(body: unknown): unknown }, next: () => void) => {
          const { json } = response;
          response.json = function (data) {
            return json.call(this, { data, wrap: ++wraps });
          };
          next();
        })
      : hook('preSerialization', async (_request: unknown, _reply: unknown, data: unknown) => ({
          data,
          wrap: ++wraps,
        }));
    const { get } = await start(adapter, { prepare });
    const texts = [await get('r/plain'), await get('r/plain'), await get('r/plain')].map(({ text }) => text);
    expect(texts.map((text) => (JSON.parse(text) as { wrap: number }).wrap)).toEqual([1, 2, 3]);
    expect((await get('r/plain')).cache).toBe('HIT');
  });
});

@Controller('options')
@UseInterceptors(HttpCacheInterceptor)
class OptionsController {
  @Get()
  @CachePublic({ maxAge: 60, sMaxAge: 120, staleWhileRevalidate: 30, staleIfError: 300 })
  all() {
    return answer();
  }

  @Get('failing')
  @CachePublic({ maxAge: 60 })
  failing(): never {
    throw new NotFoundException();
  }

  @Get('cookie')
  @CachePublic({ maxAge: 60 })
  cookie(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Set-Cookie', 'a=1');
    return answer();
  }

  @Get('own')
  @CachePublic({ maxAge: 60 })
  own(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Cache-Control', 'max-age=5');
    return answer();
  }

  @Get('pages')
  @CachePublic({ query: ['page'] })
  pages(@Query('page') page: string) {
    return { page, run: ++runs };
  }
}

describe.each(ADAPTERS)('@CachePublic() with options on %s', (adapter) => {
  it('sends its caching times with a success, and none with an error', async () => {
    const { get } = await start(adapter, {}, [OptionsController]);
    const said = 'public, max-age=60, s-maxage=120, stale-while-revalidate=30, stale-if-error=300';
    expect((await get('options')).header('cache-control')).toBe(said);
    const hit = await get('options');
    expect([hit.cache, hit.header('cache-control')]).toEqual(['HIT', said]);
    expect((await get('options/failing')).header('cache-control')).toBeNull();
    expect((await get('options/own')).header('cache-control')).toBe('max-age=5');
    expect((await get('options/cookie')).header('cache-control')).toBe('no-store');
  });

  it('stores one response for all queries that differ only in parameters outside the key', async () => {
    const { get } = await start(adapter, {}, [OptionsController]);
    await get('options/pages?page=1');
    for (const junk of ['&x=1', '&x=2', '&page2=3', '&']) {
      expect((await get(`options/pages?page=1${junk}`)).cache).toBe('HIT');
    }
    expect((await get('options/pages?page=2')).cache).toBe('MISS');
    expect(runs).toBe(2);
  });

  it('refuses to start if the handler reads a parameter outside the key', async () => {
    @Controller()
    @UseInterceptors(HttpCacheInterceptor)
    class Wrong {
      @Get('named')
      @CachePublic({ query: ['page'] })
      named(@Query('q') q: string) {
        return q;
      }

      @Get('whole')
      @CachePublic({ query: ['page'] })
      whole(@Query() query: object) {
        return query;
      }
    }
    await expect(startApp(adapter, [Wrong])).rejects.toThrow(
      /Wrong\.named: .*'q'[^]*Wrong\.whole: .*the whole query/,
    );
  });

  it('rejects times that are not whole seconds', () => {
    for (const maxAge of [-1, 1.5, NaN, '60' as never]) {
      expect(() => CachePublic({ maxAge })).toThrow('maxAge must be a whole number of seconds');
    }
  });
});

@Controller('things')
@UseInterceptors(HttpCacheInterceptor)
class ThingsController {
  @Get(':id')
  @CachePublic()
  one(@Param('id') _id: string) {
    return answer();
  }

  @Get('vary/:id')
  @CacheVary('x-tenant')
  mine(@Param('id') _id: string) {
    return answer();
  }

  @Post(':id')
  post(@Query('fail') fail?: string) {
    if (fail !== undefined) throw new NotFoundException();
    return {};
  }

  @Put(':id')
  put() {
    return {};
  }

  @Patch(':id')
  patch(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Content-Location', '/things/of-patch');
    return {};
  }

  @Delete('vary/:id')
  remove() {
    return {};
  }
}

describe.each(ADAPTERS)('an unsafe request on %s', (adapter) => {
  it.each(['POST', 'PUT', 'PATCH'])('(%s) removes the cached responses of its URL', async (method) => {
    const { get } = await start(adapter, {}, [ThingsController]);
    await get('things/1');
    await get('things/2');
    expect((await get('things/1', {}, method)).status).toBeLessThan(300);
    expect((await get('things/1')).cache).toBe('MISS');
    expect((await get('things/2')).cache).toBe('HIT');
  });

  it('removes each variant, and the URL in Content-Location', async () => {
    const { get } = await start(adapter, {}, [ThingsController]);
    for (const tenant of ['a', 'b']) await get('things/vary/1', { 'x-tenant': tenant });
    await get('things/of-patch');
    await get('things/vary/1', {}, 'DELETE');
    await get('things/1', {}, 'PATCH');
    for (const tenant of ['a', 'b']) {
      expect((await get('things/vary/1', { 'x-tenant': tenant })).cache).toBe('MISS');
    }
    expect((await get('things/of-patch')).cache).toBe('MISS');
  });

  it('removes nothing if it fails', async () => {
    const { get } = await start(adapter, {}, [ThingsController]);
    await get('things/1');
    expect((await get('things/1?fail', {}, 'POST')).status).toBe(404);
    expect((await get('things/1')).cache).toBe('HIT');
  });
});

describe.each(ADAPTERS)('entries of the application on %s', (adapter) => {
  it('are never served as responses, even under the key of a response', async () => {
    const { app, get } = await start(adapter);
    const cache = app.get<Cache>(CACHE_MANAGER);
    await get('r/plain');
    const keys: string[] = [];
    for await (const [key] of cache.stores[0]!.iterator!(undefined)) keys.push(key as string);
    const [key = ''] = keys;
    expect(key).toMatch(/^http:/);
    const kept = await cache.get(key);
    expect(JSON.stringify(kept)).toBe('{}');
    const response = {
      text: '"forged"',
      type: 'application/json',
      headers: {},
      storedAt: Date.now(),
      age: 0,
    };
    await cache.set(key, response);
    expect((await get('r/plain')).text).toBe('{"run":2}');
    await get('r/plain?q=1');
    const other: string[] = [];
    for await (const [one] of cache.stores[0]!.iterator!(undefined)) other.push(one as string);
    await cache.set(
      other.find((one) => one !== key)!,
      await cache.get(key),
    );
    expect((await get('r/plain?q=1')).text).toBe('{"run":4}');
  });

  it('and of other routes are not evicted by requests to one route', async () => {
    const env = { CACHE_MAX_ENTRIES: '40' };
    const { app, url } = await startApp(adapter, [RoutesController], { env });
    const cache = app.get<Cache>(CACHE_MANAGER);
    for (let entry = 0; entry < 20; entry++) await cache.set(`mine:${entry}`, entry);
    await fetch(`${url}/r/text`);
    for (let junk = 0; junk < 200; junk++) await fetch(`${url}/r/plain?q=${junk}`);
    for (let entry = 0; entry < 20; entry++) expect(await cache.get(`mine:${entry}`)).toBe(entry);
    expect((await fetch(`${url}/r/text`)).headers.get('x-cache')).toBe('HIT');
    expect(app.get(CacheMetrics).snapshot().entries).toBe(20 + 1 + 10);
  });
});
