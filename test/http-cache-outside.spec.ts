import {
  Controller,
  Get,
  Header,
  HttpCode,
  NotFoundException,
  Patch,
  Query,
  Req,
  Res,
  UseInterceptors,
  type CallHandler,
} from '@nestjs/common';
import fastifyCookie from '@fastify/cookie';
import expressSession from 'express-session';
import { Exclude, instanceToPlain } from 'class-transformer';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { firstValueFrom, from, map, take } from 'rxjs';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { CacheMetrics, CachePublic, CacheVary, HttpCacheInterceptor } from 'nestjs-production-config';
import { express, fastify, hook, outside, startCached, type Setup } from './support/cached-app.js';
import { ADAPTERS, startApp, type Adapter, type AppParts } from './support/http-app.js';
import { startRedis, sharedEnv } from './support/cache-servers.js';
import { describeWithServer } from './support/real-server.js';
import { sendRaw } from './support/raw-request.js';

interface Reply {
  readonly raw?: ServerResponse;
  header(name: string, value: string): unknown;
  status(code: number): unknown;
  removeHeader(name: string): unknown;
  hijack(): void;
  getHeader(name: string): unknown;
}

class User {
  constructor(
    readonly name: string,
    readonly password: string,
  ) {}
}
Exclude()(User.prototype, 'password');

class SelfTold extends User {
  toJSON() {
    return { ...this };
  }
}

let runs = 0;
beforeEach(() => void (runs = 0));

@Controller('o')
@UseInterceptors(HttpCacheInterceptor)
@CachePublic()
class OutsideController {
  @Get('plain')
  plain(@Query('since') _since?: string) {
    return { run: ++runs };
  }

  @Get('text')
  async text() {
    const run = ++runs;
    await delay(50);
    return `text ${run}`;
  }

  @Get('user')
  user() {
    return new User('ann', 'secret');
  }

  @Get('told')
  told() {
    return new SelfTold('ann', 'secret');
  }

  @Get('token')
  @CacheVary('authorization')
  token(@Req() { headers }: IncomingMessage) {
    const { authorization } = headers;
    delete headers.authorization;
    return { for: authorization ?? null };
  }

  @Get('whose')
  whose(@Req() { headers }: IncomingMessage) {
    return { for: headers['x-user'] ?? null };
  }

  @Get('dated')
  dated() {
    return { when: new Date(0) };
  }

  @Get('linked')
  linked(@Res({ passthrough: true }) reply: Reply) {
    const said = reply.getHeader('link') as string | undefined;
    reply.header('Link', [...(said === undefined ? [] : [said]), '</handler>'].join(', '));
    return {};
  }

  @Get('unframed')
  unframed(@Res({ passthrough: true }) reply: Reply) {
    reply.removeHeader('X-Frame-Options');
    return {};
  }

  @Get('accepted')
  @HttpCode(202)
  accepted(@Res({ passthrough: true }) reply: Reply) {
    reply.status(200);
    return {};
  }

  @Get('typed')
  @Header('X-Kind', 'hal')
  typed(@Res({ passthrough: true }) reply: Reply) {
    reply.header('Content-Type', 'application/hal+json');
    return { run: ++runs };
  }

  @Get('throws')
  throws(@Res({ passthrough: true }) reply: Reply): never {
    reply.header('Cache-Control', 'public, max-age=600');
    throw new NotFoundException();
  }

  @Get('long')
  @CachePublic({ maxAge: 60 })
  long() {
    return { run: ++runs };
  }

  @Get('slow')
  async slow() {
    const run = ++runs;
    await delay(200);
    return { run };
  }

  @Patch('slow')
  change() {
    return {};
  }

  @Get('large')
  large(@Query('n') n: string) {
    return { n, text: 'x'.repeat(20_000) };
  }
}

const start = (adapter: Adapter, parts: AppParts = {}) => startCached(adapter, parts, [OutsideController]);

interface Json {
  json(body: unknown): unknown;
  req: IncomingMessage;
}
/** Changes each body with a Fastify hook, or an Express middleware that replaces `res.json()`. */
const changing = (adapter: Adapter, change: (body: unknown, request: IncomingMessage) => unknown): Setup =>
  adapter === 'fastify'
    ? hook('preSerialization', async (request: { raw: IncomingMessage }, _reply: unknown, body: unknown) =>
        change(body, request.raw),
      )
    : express((request: IncomingMessage, response: Json, next: () => void) => {
        const { json } = response;
        response.json = function (body) {
          return json.call(this, change(body, request));
        };
        next();
      });

describe.each(ADAPTERS)('code outside the cache on %s', (adapter) => {
  const isExpress = adapter === 'express';

  it('that serializes by class hides the same properties on a hit as on a miss', async () => {
    const { get, logger } = await start(adapter, {
      prepare: changing(adapter, (body) => instanceToPlain(body)),
    });
    for (let time = 0; time < 4; time++) expect((await get('o/user')).text).toBe('{"name":"ann"}');
    expect(logger.of('warn').filter((text) => text.includes('instances of User'))).toHaveLength(1);
  });

  it.each(['user', 'told'])('that serializes class instances receives them on a miss (%s)', async (path) => {
    const { get } = await start(
      adapter,
      outside((next) => next.handle().pipe(map((body) => instanceToPlain(body)))),
    );
    for (let time = 0; time < 3; time++) expect((await get(`o/${path}`)).text).toBe('{"name":"ann"}');
  });

  it('that changes the body for some clients does so on each hit', async () => {
    const prepare = changing(adapter, (body, { headers }) =>
      headers['x-admin'] === 'yes' ? body : { redacted: true },
    );
    const { get } = await start(adapter, { prepare });
    const answers = async () => [
      (await get('o/plain', { 'x-admin': 'yes' })).text.includes('run'),
      (await get('o/plain')).text,
    ];
    for (let time = 0; time < 3; time++) expect(await answers()).toEqual([true, '{"redacted":true}']);
  });

  it('that changes a value that cannot be frozen changes it for one response only', async () => {
    const { get } = await start(
      adapter,
      outside((next, { headers }) =>
        next.handle().pipe(
          map((body) => {
            const { when } = body as { when: Date };
            if (headers['x-year'] !== undefined) when.setUTCFullYear(Number(headers['x-year']));
            return body;
          }),
        ),
      ),
    );
    expect((await get('o/dated', { 'x-year': '2001' })).text).toContain('2001');
    for (let time = 0; time < 2; time++) expect((await get('o/dated')).text).toContain('1970');
    expect((await get('o/dated', { 'x-year': '2002' })).text).toContain('2002');
    expect((await get('o/dated')).text).toContain('1970');
  });

  it.each([
    ['take(1)', (next: CallHandler) => next.handle().pipe(take(1))],
    ['firstValueFrom()', (next: CallHandler) => from(firstValueFrom(next.handle()))],
  ])('that takes only one value with %s lets concurrent requests share one run', async (_what, intercept) => {
    const { get } = await start(adapter, outside(intercept));
    await Promise.all(Array.from({ length: 10 }, () => get('o/slow')));
    expect(runs).toBe(1);
    expect((await get('o/slow')).cache).toBe('HIT');
  });

  it('that turns a parameter into a date does not confuse its values', async () => {
    @Controller('since')
    @UseInterceptors(HttpCacheInterceptor)
    class SinceController {
      @Get()
      @CachePublic({ query: ['since'] })
      list(@Query('since') since: Date) {
        return { since };
      }
    }
    const date = (request: { query: Record<string, unknown> }) => {
      const query = { since: new Date(String(request.query['since'])) };
      Object.defineProperty(request, 'query', { value: query, configurable: true, writable: true });
    };
    const prepare = isExpress
      ? express((request: never, _response: unknown, next: () => void) => {
          date(request);
          next();
        })
      : hook('preHandler', async (request: never) => date(request));
    const { get } = await startCached(adapter, { prepare }, [SinceController]);
    expect((await get('since?since=2001-01-01')).text).toContain('2001');
    expect((await get('since?since=2002-01-01')).text).toContain('2002');
  });

  it('that sets Vary late is respected', async () => {
    const prepare = isExpress
      ? express((_request: unknown, response: ServerResponse, next: () => void) => {
          const { writeHead } = response as unknown as { writeHead: (...all: unknown[]) => ServerResponse };
          response.writeHead = (...all: unknown[]) => {
            response.setHeader('Vary', 'X-User');
            return writeHead.apply(response, all);
          };
          next();
        })
      : hook('onSend', async (_request: unknown, reply: Reply) => void reply.header('Vary', 'X-User'));
    const { get } = await start(adapter, { prepare });
    for (const user of ['A', 'B', 'A', 'B']) {
      expect((await get('o/whose', { 'x-user': user })).text).toBe(JSON.stringify({ for: user }));
    }
  });

  it('that has already sent a response does not affect other requests', async () => {
    const rejected: unknown[] = [];
    const note = (reason: unknown) => rejected.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const prepare: Setup = (app) =>
      void app.use(({ headers }: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (headers['x-late'] !== undefined) setTimeout(() => response.end('too late'), 50);
        next();
      });
    const { get } = await start(adapter, { prepare });
    const [first, late, other] = await Promise.all([
      get('o/slow'),
      get('o/slow', { 'x-late': 'yes' }),
      get('o/slow'),
    ]);
    expect([first.text, late.text, other.text]).toEqual(['{"run":1}', 'too late', '{"run":1}']);
    await delay(50);
    expect(rejected).toEqual([]);
  });

  it('that serializes some responses itself does not break the others', async () => {
    const prepare = isExpress
      ? express((request: IncomingMessage, response: Json, next: () => void) => {
          if (request.headers['x-own'] !== undefined) response.json = response.json.bind(response);
          next();
        })
      : hook('preHandler', async ({ headers }: IncomingMessage, reply: { serializer(fn: unknown): void }) => {
          if (headers['x-own'] !== undefined) reply.serializer((body: unknown) => JSON.stringify(body));
        });
    const { get } = await start(adapter, { prepare });
    await get('o/text');
    const texts = await Promise.all([get('o/text', { 'x-own': 'yes' }), get('o/text')]);
    for (const { status, text } of texts)
      expect([status, text]).toEqual([200, expect.stringContaining('text')]);
  });
});

it('a replacement of res.json() for a whole Express application runs on each hit', async () => {
  const { get } = await start('express', {
    prepare: (app) => {
      const { response } = app.getHttpAdapter().getInstance() as { response: Json };
      const { json } = response;
      response.json = function (this: Json, body) {
        return json.call(this, this.req.headers['x-admin'] === 'yes' ? body : { redacted: true });
      };
    },
  });
  await get('o/plain', { 'x-admin': 'yes' });
  await get('o/plain', { 'x-admin': 'yes' });
  expect((await get('o/plain')).text).toBe('{"redacted":true}');
});

describe.each(ADAPTERS)('a hit on %s', (adapter) => {
  const isExpress = adapter === 'express';

  it('is selected by the request headers as received, even if the handler changes them', async () => {
    const { get } = await start(adapter);
    for (const authorization of ['A', undefined, 'B', 'A']) {
      const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
      expect((await get('o/token', headers)).text).toBe(JSON.stringify({ for: authorization ?? null }));
    }
  });

  it('has the headers that middleware sets for its client, and those that the handler appended', async () => {
    const prepare: Setup = (app) =>
      void app.use(({ headers }: IncomingMessage, response: ServerResponse, next: () => void) => {
        if (headers['x-user'] !== undefined) response.setHeader('Link', `</of/${String(headers['x-user'])}>`);
        response.setHeader('X-Frame-Options', 'DENY');
        next();
      });
    const { get } = await start(adapter, { prepare });
    await get('o/linked', { 'x-user': 'ann' });
    const hit = await get('o/linked', { 'x-user': 'bob' });
    expect([hit.cache, hit.header('link')]).toEqual(['HIT', '</of/bob>, </handler>']);
    expect((await get('o/linked')).header('link')).toBe('</handler>');
    if (isExpress) {
      await get('o/unframed');
      expect((await get('o/unframed')).header('x-frame-options')).toBeNull();
    }
  });

  it('has the status and the content type that the handler set', async () => {
    const { get } = await start(adapter);
    expect([(await get('o/accepted')).status, (await get('o/accepted')).status]).toEqual([200, 200]);
    const wrapped = await start(adapter, { prepare: changing(adapter, (body) => body) });
    for (let time = 0; time < 3; time++) {
      expect((await wrapped.get('o/typed')).header('content-type')).toMatch(/^application\/hal\+json/);
    }
  });

  it('has Cache-Control: no-store if it sets a cookie, like a miss', async () => {
    const prepare = isExpress
      ? express(expressSession({ secret: 'x'.repeat(32), resave: false, saveUninitialized: true }))
      : (app: Parameters<Setup>[0]) => {
          fastify(fastifyCookie)(app);
          hook(
            'onSend',
            async (_request: unknown, reply: { setCookie(name: string, value: string): void }) => {
              reply.setCookie('id', '1');
            },
          )(app);
        };
    const { get } = await start(adapter, { prepare });
    for (let time = 0; time < 2; time++) {
      const { header } = await get('o/long');
      expect([header('set-cookie') !== null, header('cache-control')]).toEqual([true, 'no-store']);
    }
    let sets = false;
    const later = await start(adapter, {
      prepare: (app) =>
        void app.use((_request: unknown, response: ServerResponse, next: () => void) => {
          if (sets) response.setHeader('Set-Cookie', 'id=1');
          next();
        }),
    });
    expect((await later.get('o/long')).header('cache-control')).toBe('public, max-age=60');
    sets = true;
    const hit = await later.get('o/long');
    expect([hit.cache, hit.header('cache-control')]).toEqual(['HIT', 'no-store']);
  });

  it('that becomes an error loses the Cache-Control of the success', async () => {
    const { get } = await start(adapter);
    expect((await get('o/throws')).header('cache-control')).toBe('no-store');
    let fails = false;
    const failing = await start(
      adapter,
      outside((next) =>
        next.handle().pipe(
          map((body) => {
            if (fails) throw new NotFoundException();
            return body;
          }),
        ),
      ),
    );
    await failing.get('o/long');
    fails = true;
    const { status, header } = await failing.get('o/long');
    expect([status, header('cache-control')]).toEqual([404, 'no-store']);
  });

  it.each(['no-store;', '"no-store"', 'private:true', 'x="a, no-store', 'No-Store', 'max-age=60,private'])(
    'is never a response with Cache-Control: %s',
    async (cacheControl) => {
      @Controller('said')
      @UseInterceptors(HttpCacheInterceptor)
      class SaidController {
        @Get()
        @CachePublic()
        said(@Res({ passthrough: true }) reply: Reply) {
          reply.header('Cache-Control', cacheControl);
          return {};
        }
      }
      const { get } = await startCached(adapter, {}, [SaidController]);
      await get('said');
      expect((await get('said')).cache).toBe('MISS');
    },
  );

  it('is never a hijacked response', async () => {
    @Controller('hijacked')
    @UseInterceptors(HttpCacheInterceptor)
    class HijackedController {
      @Get()
      @CachePublic()
      hijacked(@Res({ passthrough: true }) reply: Reply) {
        if (reply.raw !== undefined) reply.hijack();
        const raw = reply.raw ?? (reply as unknown as ServerResponse);
        raw.end('by hand');
        return undefined;
      }
    }
    const { get } = await startCached(
      adapter,
      outside((next) => next.handle()),
      [HijackedController],
    );
    for (let time = 0; time < 2; time++) expect((await get('hijacked')).text).toBe('by hand');
  });

  it('is never a response that was in flight before a change', async () => {
    const { get } = await start(adapter);
    const before = get('o/slow');
    await expect.poll(() => runs).toBe(1);
    await get('o/slow', {}, 'PATCH');
    expect((await get('o/slow')).text).toBe('{"run":2}');
    expect((await before).text).toBe('{"run":1}');
    expect((await get('o/slow')).text).toBe('{"run":2}');
  });

  it('counts its bytes even if it is stored without its text', async () => {
    const env = { CACHE_MAX_BYTES: String(2 ** 20) };
    const prepare = changing(adapter, (body) => body);
    const { app, url } = await startApp(adapter, [OutsideController], { env }, { prepare });
    for (let n = 0; n < 40; n++) await (await fetch(`${url}/o/large?n=${n}`)).text();
    expect(app.get(CacheMetrics).snapshot().bytes).toBeLessThan(2 ** 18 + 50_000);
  });
});

describeWithServer('in a fleet on Redis', startRedis, (server) => {
  it.each(ADAPTERS)(
    'a request that follows a change in another process gets a new response (%s)',
    async (adapter) => {
      const env = sharedEnv(server().url);
      const one = await startApp(adapter, [OutsideController], { env });
      const other = await startApp(adapter, [OutsideController], { env });
      const ask = async ({ url }: { url: string }, method = 'GET') =>
        (await sendRaw(url, '/o/slow', { host: 'shop.example' }, method)).body;
      const before = ask(one);
      await expect.poll(() => runs).toBe(1);
      await ask(other, 'PATCH');
      // The invalidation arrives within a round trip or so.
      await expect.poll(() => ask(one)).not.toBe('{"run":1}');
      expect(await before).toBe('{"run":1}');
      expect(await ask(one)).not.toBe('{"run":1}');
      expect(await ask(other)).not.toBe('{"run":1}');
    },
  );
});
