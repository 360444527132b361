import { CACHE_MANAGER, CacheTTL, type Cache } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  Header,
  Headers,
  HttpException,
  Post,
  Query,
  Req,
  Res,
  Sse,
  StreamableFile,
  UseGuards,
  UseInterceptors,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import fc from 'fast-check';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import { of } from 'rxjs';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CachePublic,
  CacheVary,
  HttpCacheInterceptor,
  Page,
  Paginate,
  PaginationInterceptor,
  type PageRequest,
} from 'nestjs-production-config';
import { written } from './support/cached-app.js';
import { describeStores, STORES } from './support/cache-stores.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { until } from './support/stalls.js';

interface Reply {
  header(name: string, value: string): unknown;
  status(code: number): unknown;
}

class PassGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<IncomingMessage>().headers['x-pass'] === 'yes';
  }
}

/** Counts the runs of its handlers: a response without a run was served from the cache. */
@Controller()
@UseInterceptors(HttpCacheInterceptor)
class RoutesController {
  static calls = 0;

  private answer(more: object = {}) {
    return { calls: ++RoutesController.calls, ...more };
  }

  @Get('unmarked')
  unmarked() {
    return this.answer();
  }

  @Get('public')
  @CachePublic()
  @Header('X-Kind', 'list')
  open(@Query('q') q: string, @Res({ passthrough: true }) reply: Reply) {
    reply.header('X-Made', 'by the handler');
    return this.answer({ q });
  }

  @Get('raw')
  @CachePublic()
  raw(@Req() { url }: IncomingMessage) {
    return { url };
  }

  @Post('public')
  @CachePublic()
  change() {
    return this.answer();
  }

  @Get('guarded')
  @CachePublic()
  @UseGuards(PassGuard)
  guarded() {
    return this.answer();
  }

  @Get('mine')
  @CacheVary('Authorization')
  mine(@Headers('authorization') authorization = 'nobody') {
    return this.answer({ for: authorization });
  }

  @Get('localized')
  @CachePublic()
  localized(@Headers('accept-language') language = 'en', @Res({ passthrough: true }) reply: Reply) {
    reply.header('Vary', 'Accept-Language');
    return this.answer({ language });
  }

  @Get('headers')
  @CachePublic()
  headers(
    @Query('name') name: string,
    @Query('value') value: string,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    reply.header(name, value);
    return this.answer();
  }

  /** Returns the headers of its caller, and varies by one more header for some callers. */
  @Get('echo')
  @CacheVary('authorization')
  echo(@Req() { headers }: IncomingMessage, @Query('q') q: string, @Res({ passthrough: true }) reply: Reply) {
    const isFussy = headers['x-mode'] === 'fussy';
    reply.header('Vary', isFussy ? 'X-Mode, Accept-Language' : 'X-Mode');
    const { host, authorization = '', 'x-mode': mode, 'accept-language': language } = headers;
    return this.answer({ host, authorization, q, mode, ...(isFussy ? { language } : {}) });
  }

  @Get('status')
  @CachePublic()
  status(@Res({ passthrough: true }) reply: Reply) {
    reply.status(203);
    return this.answer();
  }

  @Get('fails')
  @CachePublic()
  fails() {
    throw new HttpException(this.answer(), 503);
  }

  @Get('null')
  @CachePublic()
  nothing() {
    RoutesController.calls++;
    return null;
  }

  @Get('stream')
  @CachePublic()
  stream() {
    return new StreamableFile(Readable.from([`stream ${++RoutesController.calls}`]));
  }

  @Get('rows')
  @CachePublic()
  async *rows() {
    yield { row: ++RoutesController.calls };
  }

  @Sse('events')
  @CachePublic()
  events() {
    return of({ data: 'one' }, { data: `two ${++RoutesController.calls}` });
  }

  @Get('brief')
  @CachePublic()
  @CacheTTL(1_500)
  brief() {
    return this.answer();
  }

  @Get('endless')
  @CachePublic()
  @CacheTTL(0)
  endless(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Cache-Control', 'max-age=1');
    return this.answer();
  }

  @Get('slow')
  @CachePublic()
  async slow() {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return this.answer();
  }

  @Get('slow-private')
  @CachePublic()
  async slowPrivate(@Res({ passthrough: true }) reply: Reply) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    reply.header('Cache-Control', 'private');
    return this.answer();
  }
}

@Controller('products')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class ProductsController {
  @Get('slow')
  @CachePublic()
  async *slow() {
    for (let row = 0; row < 20; row++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      yield row;
    }
  }

  @Get('sorted')
  @CachePublic()
  sorted(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>) {
    RoutesController.calls++;
    const first = page.after ? page.after[0] + 1 : page.offset;
    const ids = Array.from({ length: page.take }, (_, index) => first + index);
    return Page.of(ids, page, (id) => [id]);
  }

  @Get()
  @CachePublic()
  list(@Paginate() page: PageRequest) {
    RoutesController.calls++;
    return Array.from({ length: page.take }, (_, index) => index);
  }
}

/** Sends a request with explicit headers, such as Host. */
async function ask(url: string, headers: Record<string, string>) {
  const [response] = (await once(request(url, { headers }).end(), 'response')) as [IncomingMessage];
  return { response, text: Buffer.concat(await response.toArray()).toString() };
}

describeStores('HttpCacheInterceptor', STORES, (store) =>
  describe.each(ADAPTERS)('on %s', (adapter) => {
    async function start() {
      const { url } = await startApp(adapter, [RoutesController, ProductsController], { env: store.env() });
      const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
        const response = await fetch(`${url}/${path}`, { headers, method });
        return { response, text: await response.text(), cache: response.headers.get('x-cache') };
      };
      /** Whether the second of two requests was served without the handler. */
      const isCached = async (path: string, first = {}, second = first) => {
        await get(path, first);
        const calls = RoutesController.calls;
        await get(path, second);
        return RoutesController.calls === calls;
      };
      return { url, get, isCached };
    }

    /** Two processes with one cache. In memory there can only be one. */
    async function startPair() {
      const env = store.env();
      const startOne = () => startApp(adapter, [RoutesController], { env });
      const one = await startOne();
      return [one, store.isShared ? await startOne() : one] as const;
    }

    it('caches only GET responses of routes that are marked with their audience', async () => {
      const { get, isCached } = await start();
      expect(await isCached('unmarked')).toBe(false);
      expect((await get('unmarked')).cache).toBeNull();
      expect(await isCached('public')).toBe(true);
      const [first, second] = [await get('public', {}, 'POST'), await get('public', {}, 'POST')];
      expect(first.text).not.toBe(second.text);
    });

    it('never sends a negative Age, even if the clock of the process is behind', async () => {
      const { get } = await start();
      await get('public');
      const behind = Date.now() - 5_000;
      const clock = vi.spyOn(Date, 'now').mockReturnValue(behind);
      onTestFinished(() => clock.mockRestore());
      const hit = await get('public');
      expect([hit.cache, hit.response.headers.get('age')]).toEqual(['HIT', '0']);
    });

    it('serves a hit with the headers of the handler, X-Cache and Age', async () => {
      const { get } = await start();
      const miss = await get('public?q=1');
      const hit = await get('public?q=1');
      expect([miss.cache, hit.cache]).toEqual(['MISS', 'HIT']);
      expect(hit.text).toBe(miss.text);
      for (const name of ['x-kind', 'x-made', 'content-type']) {
        expect(hit.response.headers.get(name)).toBe(miss.response.headers.get(name));
      }
      expect(hit.response.headers.get('age')).toBe('0');
      expect(miss.response.headers.has('age')).toBe(false);
    });

    it('includes the host in the key', async () => {
      const { url, get } = await start();
      await get('public');
      expect((await get('public')).cache).toBe('HIT');
      const { response } = await ask(`${url}/public`, { host: 'other.example' });
      expect(response.headers['x-cache']).toBe('MISS');
    });

    it('serves HEAD from a cached GET response, and stores nothing for HEAD', async () => {
      const { get } = await start();
      expect((await get('public', {}, 'HEAD')).cache).toBe('MISS');
      expect((await get('public', {}, 'HEAD')).cache).toBe('MISS');
      const made = await get('public');
      expect(made.cache).toBe('MISS');
      const head = await get('public', {}, 'HEAD');
      expect([head.cache, head.text, head.response.headers.get('content-length')]).toEqual([
        'HIT',
        '',
        String(made.text.length),
      ]);
    });

    it('does not serve clients that a guard rejects, even on a hit', async () => {
      const { get } = await start();
      expect((await get('guarded', { 'x-pass': 'yes' })).cache).toBe('MISS');
      expect((await get('guarded', { 'x-pass': 'yes' })).cache).toBe('HIT');
      expect((await get('guarded')).response.status).toBe(403);
    });

    it('distinguishes queries, but ignores the order of their parameters', async () => {
      const { isCached } = await start();
      expect(await isCached('public?a=1&b=2')).toBe(true);
      const { get } = await start();
      await get('public?a=1&b=2');
      expect((await get('public?b=2&a=1')).cache).toBe('HIT');
      expect((await get('public?a=1&b=3')).cache).toBe('MISS');
      expect((await get(`public?q=${'x'.repeat(500)}1`)).cache).toBe('MISS');
      expect((await get(`public?q=${'x'.repeat(500)}2`)).cache).toBe('MISS');
    });

    it('distinguishes callers by the headers of @CacheVary() and of Vary', async () => {
      const { get, isCached } = await start();
      expect(await isCached('mine', { authorization: 'A' })).toBe(true);
      expect(await isCached('mine', { authorization: 'A' }, { authorization: 'B' })).toBe(false);
      expect(await isCached('mine', { authorization: 'A' }, {})).toBe(false);
      expect((await get('mine', { authorization: 'B' })).response.headers.get('vary')).toContain(
        'authorization',
      );
      expect(await isCached('localized', { 'accept-language': 'de' })).toBe(true);
      expect(await isCached('localized', { 'accept-language': 'de' }, { 'accept-language': 'fr' })).toBe(
        false,
      );
    });

    it.each([
      ['Set-Cookie', 'session=1', false],
      ['Cache-Control', 'private', false],
      ['Cache-Control', 'max-age=60, no-store', false],
      ['Cache-Control', 'no-cache="set-cookie"', false],
      ['Cache-Control', 'public, max-age=0', false],
      ['Cache-Control', 'max-age=0, s-maxage=60', true],
      ['Cache-Control', 'public, max-age=60', true],
      ['Vary', '*', false],
      ['X-Private', 'private', true],
    ])('honours %s: %s', async (name, value, cached) => {
      const { isCached } = await start();
      expect(await isCached(`headers?name=${name}&value=${encodeURIComponent(value)}`)).toBe(cached);
    });

    it.each(['status', 'fails', 'stream', 'rows', 'events'])(
      'does not store the response of %s',
      async (path) => {
        const { get, isCached } = await start();
        expect(await isCached(path)).toBe(false);
        expect((await get(path)).text).not.toBe('');
      },
    );

    it('serves null', async () => {
      const { get, isCached } = await start();
      expect(await isCached('null')).toBe(true);
      const { response, cache } = await get('null');
      expect([response.status, cache]).toEqual([200, 'HIT']);
    });

    it('caches a response for the ttl of its route', async () => {
      const { get, isCached } = await start();
      expect(await isCached('brief')).toBe(true);
      await until(async () => (await get('brief')).cache === 'MISS');
      expect(await isCached('brief')).toBe(true);
    });

    it('caches a response no longer than its max-age if the ttl of the route is unlimited', async () => {
      const { get, isCached } = await start();
      expect(await isCached('endless')).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect((await get('endless')).cache).toBe('MISS');
    });

    it('does not store a partial response whose client disconnects', async () => {
      const { url, get } = await start();
      const leaving = new AbortController();
      const left = fetch(`${url}/products/slow`, { signal: leaving.signal }).catch(() => 'left');
      await new Promise((resolve) => setTimeout(resolve, 60));
      const waiting = get('products/slow');
      await new Promise((resolve) => setTimeout(resolve, 20));
      leaving.abort();
      expect(await left).toBe('left');
      expect(JSON.parse((await waiting).text)).toHaveLength(20);
      expect(JSON.parse((await get('products/slow')).text)).toHaveLength(20);
    });

    it('runs the handler once for concurrent requests', async () => {
      const { get } = await start();
      const calls = RoutesController.calls;
      const answers = await Promise.all(Array.from({ length: 200 }, () => get('slow')));
      expect(RoutesController.calls).toBe(calls + 1);
      expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    });

    it('runs the handler for each request if the response turns out to be private', async () => {
      const { get } = await start();
      const answers = await Promise.all(Array.from({ length: 20 }, () => get('slow-private')));
      expect(new Set(answers.map(({ text }) => text)).size).toBe(20);
    });

    it('caches a page under its effective limit, with its Link header', async () => {
      const { get } = await start();
      const miss = await get('products?limit=100');
      const hit = await get('products?limit=999999');
      expect([miss.cache, hit.cache, hit.text]).toEqual(['MISS', 'HIT', miss.text]);
      expect(hit.response.headers.get('link')).toBe('<?limit=100&offset=100>; rel="next"');
      expect((await get('products')).cache).toBe('HIT');
      expect((await get('products?offset=100')).cache).toBe('MISS');
      expect((await get('products?limit=0')).response.status).toBe(400);
    });

    it('caches a cursor page under its effective limit, with its envelope and Link header', async () => {
      const { get } = await start();
      const miss = await get('products/sorted?limit=100');
      const hit = await get('products/sorted?limit=999999');
      expect([miss.cache, hit.cache, hit.text]).toEqual(['MISS', 'HIT', miss.text]);
      const { items, page } = JSON.parse(hit.text) as Page<number>;
      expect(items).toHaveLength(100);
      expect(page).toEqual({ limit: 100, hasMore: true, next: expect.any(String) as string });
      const link = `<?limit=100&after=${page.next}>; rel="next"`;
      expect([miss, hit].map(({ response }) => response.headers.get('link'))).toEqual([link, link]);

      const behind = `products/sorted?after=${page.next}`;
      const second = await get(behind);
      expect([second.cache, (JSON.parse(second.text) as Page<number>).items[0]]).toEqual(['MISS', 100]);
      expect((await get(`${behind}&limit=5000`)).cache).toBe('HIT');
      const third = await get(`products/sorted?after=${(JSON.parse(second.text) as Page<number>).page.next}`);
      expect([third.cache, (JSON.parse(third.text) as Page<number>).items[0]]).toEqual(['MISS', 200]);
      expect((await get(behind)).text).toBe(second.text);
    });

    it('rejects an invalid cursor on every request', async () => {
      const { get } = await start();
      const { page } = JSON.parse((await get('products/sorted')).text) as Page<number>;
      await get(`products/sorted?after=${page.next}`);
      for (const after of [
        '',
        'x',
        `${page.next}x`,
        page.next!.slice(1),
        `${page.next}&after=${page.next}`,
      ]) {
        for (let again = 0; again < 2; again++) {
          const { response, cache } = await get(`products/sorted?after=${after}`);
          expect([after, response.status, cache]).toEqual([after, 400, null]);
        }
      }
    });

    it('distinguishes queries that are not UTF-8', async () => {
      const [{ url }] = await startPair();
      const urls = ['raw?q=%E4', 'raw?q=%F6', 'raw?q=%', 'raw?q=%EF%BF%BD', 'raw?q=%ff'];
      for (const expected of ['MISS', 'HIT']) {
        for (const path of urls) {
          const { response, text } = await ask(`${url}/${path}`, {});
          expect([response.headers['x-cache'], text]).toEqual([
            expected,
            JSON.stringify({ url: `/${path}` }),
          ]);
        }
      }
    });

    it('never serves a response to the wrong caller, in any order of requests and from any process', async () => {
      const [one, another] = await startPair();
      const caller = fc.record({
        app: fc.constantFrom(one, another),
        host: fc.constantFrom('a.example', 'b.example'),
        q: fc.constantFrom('1', '2'),
        authorization: fc.constantFrom('', 'A', 'B', 'a'),
        mode: fc.constantFrom('plain', 'fussy'),
        language: fc.constantFrom('de', 'fr'),
      });
      let hits = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(caller, { minLength: 1, maxLength: 20 }), async (callers) => {
          // Makes the cache learn again which headers the responses vary by.
          await one.app.get<Cache>(CACHE_MANAGER).clear();
          await Promise.all(
            callers.map(async ({ app, q, language, ...who }) => {
              const headers = {
                host: who.host,
                'x-mode': who.mode,
                'accept-language': language,
                ...(who.authorization === '' ? {} : { authorization: who.authorization }),
              };
              const { response, text } = await ask(`${app.url}/echo?q=${q}`, headers);
              const { calls: _, ...answer } = JSON.parse(text) as Record<string, unknown>;
              expect(answer).toEqual({ ...who, q, ...(who.mode === 'fussy' ? { language } : {}) });
              if (response.headers['x-cache'] === 'HIT') hits++;
            }),
          );
        }),
        { numRuns: 40 },
      );
      expect(hits).toBeGreaterThan(0);
    });

    it('serves a response that another process stored', async () => {
      const headers = { host: 'a.example', 'x-mode': 'fussy', 'accept-language': 'de' };
      const [one, another] = await startPair();
      const made = await ask(`${one.url}/echo`, headers);
      await written(one);
      const had = await ask(`${another.url}/echo`, headers);
      expect([made, had].map(({ response }) => response.headers['x-cache'])).toEqual(['MISS', 'HIT']);
      expect(had.text).toBe(made.text);
    });
  }),
);
