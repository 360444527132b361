import {
  Controller,
  Get,
  Headers,
  Param,
  Post,
  Query,
  Req,
  UseGuards,
  Res,
  UseInterceptors,
  VERSION_NEUTRAL,
  Version,
  VersioningType,
  type CanActivate,
  type ExecutionContext,
  type INestApplication,
  type Type,
  type VersioningOptions,
} from '@nestjs/common';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import fc from 'fast-check';
import type { IncomingMessage } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CachePublic,
  CacheVary,
  HttpCacheInterceptor,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { written } from './support/cached-app.js';
import { describeStores, SHARED_STORES } from './support/cache-stores.js';
import { ADAPTERS, startApp, type Adapter } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { sendRaw } from './support/raw-request.js';

class Members implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<IncomingMessage>().headers['x-member'] === 'yes';
  }
}

@Controller({ path: 'versioned', version: '1' })
@UseInterceptors(HttpCacheInterceptor)
@CachePublic()
class FirstVersion {
  @Get()
  open() {
    return { version: 1 };
  }
}

@Controller({ path: 'versioned', version: '2' })
@UseInterceptors(HttpCacheInterceptor)
@CachePublic()
class SecondVersion {
  @Get()
  @UseGuards(Members)
  guarded() {
    return { version: 2 };
  }

  @Get('both')
  @Version(['3', '4'])
  both(@Headers() headers: Record<string, string>) {
    return { version: headers['x-version'] ?? headers['accept'] };
  }
}

/** How an application reads the version, and how a client sends it. */
const VERSIONINGS: [string, VersioningOptions, (version: string) => Record<string, string>][] = [
  ['a header', { type: VersioningType.HEADER, header: 'X-Version' }, (version) => ({ 'x-version': version })],
  [
    'the media type',
    { type: VersioningType.MEDIA_TYPE, key: 'v=' },
    (version) => ({ accept: `application/json;v=${version}` }),
  ],
  [
    'an extractor',
    {
      type: VersioningType.CUSTOM,
      extractor: (request) => String((request as IncomingMessage).headers['x-version']),
    },
    (version) => ({ 'x-version': version }),
  ],
];

@Controller('vary')
@UseInterceptors(HttpCacheInterceptor)
@CacheVary('x-class')
class CombinedController {
  @Get('both')
  @CachePublic()
  @CacheVary('x-tenant')
  both(@Headers() headers: Record<string, string>) {
    return { of: [headers['x-class'], headers['x-tenant']] };
  }

  @Get('reversed')
  @CacheVary('x-tenant')
  @CachePublic()
  reversed(@Headers() headers: Record<string, string>) {
    return { of: [headers['x-class'], headers['x-tenant']] };
  }

  @Get('counted')
  @CachePublic({ query: ['page'] })
  @CachePublic()
  counted(@Req() { url }: IncomingMessage) {
    return { url };
  }
}

/** Returns everything that it can see of a request. */
@Controller()
@UseInterceptors(HttpCacheInterceptor)
@CachePublic()
class EchoController {
  @Get(['products', 'foo/products', 'foo', ':any'])
  all(
    @Req() request: IncomingMessage & {
      hostname: string;
      protocol: string;
      query: unknown;
      originalUrl: string;
    },
  ) {
    const { hostname, protocol, originalUrl, query } = request;
    return { host: request.headers.host, hostname, protocol, originalUrl, query };
  }
}

/** Returns the data of its caller, in two versions. Its own Vary header adds the language. */
function tenants(version: string) {
  @Controller({ path: 'tenants', version })
  @UseInterceptors(HttpCacheInterceptor)
  class TenantController {
    @Get(':id')
    @CachePublic()
    @CacheVary('x-tenant')
    one(
      @Param('id') id: string,
      @Query() query: unknown,
      @Req() request: IncomingMessage & { originalUrl: string; protocol: string; hostname: string },
      @Res({ passthrough: true }) reply: { header(name: string, value: string): void },
    ) {
      const { headers, originalUrl, protocol, hostname } = request;
      reply.header('Vary', 'Accept-Language');
      const { host, 'x-tenant': tenant = null, 'accept-language': language = null } = headers;
      return { id, query, originalUrl, protocol, hostname, host, tenant, language, version };
    }
  }
  return TenantController;
}

async function startEcho(adapter: Adapter, controllers: Type[] = [EchoController]): Promise<string> {
  const testing = await Test.createTestingModule({
    imports: [ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY } })],
    controllers,
  }).compile();
  const app: INestApplication =
    adapter === 'fastify'
      ? testing.createNestApplication(new FastifyAdapter({ trustProxy: true }))
      : testing.createNestApplication();
  if (adapter === 'express') (app as NestExpressApplication).set('trust proxy', true);
  app.enableVersioning({ type: VersioningType.HEADER, header: 'X-Version', defaultVersion: VERSION_NEUTRAL });
  onTestFinished(() => app.close());
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

describe.each(ADAPTERS)('responses on %s', (adapter) => {
  describe.each(VERSIONINGS)('versioned by %s', (_what, versioning, says) => {
    const start = () =>
      startApp(
        adapter,
        [FirstVersion, SecondVersion],
        {},
        { prepare: (app) => void app.enableVersioning(versioning) },
      );
    const get = async (url: string, headers: Record<string, string>) => {
      const response = await fetch(url, { headers });
      return [response.status, response.headers.get('x-cache'), await response.text()];
    };

    it('come from the handler of the requested version', async () => {
      const { url } = await start();
      const member = { ...says('2'), 'x-member': 'yes' };
      expect(await get(`${url}/versioned`, member)).toEqual([200, 'MISS', '{"version":2}']);
      expect(await get(`${url}/versioned`, says('1'))).toEqual([200, 'MISS', '{"version":1}']);
      expect(await get(`${url}/versioned`, member)).toEqual([200, 'HIT', '{"version":2}']);
      expect((await get(`${url}/versioned`, says('2')))[0]).toBe(403);
    });

    it('are cached per version if one handler serves several', async () => {
      const { url } = await start();
      const texts = ['3', '4', '3', '4'].map(async (version) => {
        const [, , text] = await get(`${url}/versioned/both`, says(version));
        return JSON.parse(String(text)) as unknown;
      });
      const said = (version: string) => ({ version: Object.values(says(version))[0] });
      expect(await Promise.all(texts)).toEqual([said('3'), said('4'), said('3'), said('4')]);
    });
  });

  it.each(['both', 'reversed'])(
    'are cached per value of the headers of every decorator (%s)',
    async (path) => {
      const { url } = await startApp(adapter, [CombinedController]);
      for (const [kind, tenant] of [
        ['1', 'a'],
        ['1', 'b'],
        ['2', 'a'],
        ['1', 'a'],
      ] as const) {
        const response = await fetch(`${url}/vary/${path}`, {
          headers: { 'x-class': kind, 'x-tenant': tenant },
        });
        expect(await response.json()).toEqual({ of: [kind, tenant] });
        expect(response.headers.get('vary')).toBe('x-class, x-tenant');
      }
    },
  );

  it('are cached per query if one of the decorators has no parameter list', async () => {
    const { url } = await startApp(adapter, [CombinedController]);
    for (const path of ['/vary/counted?page=1&q=a', '/vary/counted?page=1&q=b']) {
      expect(await (await fetch(url + path)).json()).toEqual({ url: path });
    }
  });

  it.each([
    ['/products?q=shoes', '/products??q=shoes'],
    ['/products?p=2&q=boots', '/products?p=2&?q=boots'],
    ['/products?q=boots', '/products?#?q=boots'],
    ['/products', '/products#'],
    ['/products?q=%E4', '/products?q=%F6'],
    ['/products?q=%', '/products?q=%25'],
    ['/products?q=1&q=2', '/products?q=2&q=1'],
    ['/products?a[b]=1', '/products?a%5Bb%5D=1'],
    ['/products?__proto__=1', '/products'],
    ['/products?q=', '/products?q'],
  ])('for %s and %s are not confused', async (one, other) => {
    const url = await startEcho(adapter);
    const fresh = new Map<string, string>();
    for (const target of [one, other]) {
      const alone = await startEcho(adapter);
      const { status, body } = await sendRaw(alone, target, { host: 'shop.example' });
      fresh.set(target, `${status} ${body}`);
    }
    for (const target of [one, other, one, other]) {
      const { status, body } = await sendRaw(url, target, { host: 'shop.example' });
      expect([target, `${status} ${body}`]).toEqual([target, fresh.get(target)]);
    }
  });

  it('are not confused by a forwarded host that contains a path', async () => {
    const url = await startEcho(adapter);
    const forged = await sendRaw(url, '/foo', {
      host: 'shop.example',
      'x-forwarded-host': 'good.com/products',
    });
    expect(forged.body).toContain('good.com');
    const real = await sendRaw(url, '/products/foo', {
      host: 'shop.example',
      'x-forwarded-host': 'good.com',
    });
    expect(real.body).not.toContain('products","');
    const plain = await sendRaw(url, '/products', { host: 'good.com' });
    expect(JSON.parse(plain.body)).toMatchObject({ host: 'good.com', originalUrl: '/products' });
    const secure = await sendRaw(url, '/products', { host: 'good.com', 'x-forwarded-proto': 'https' });
    expect(JSON.parse(secure.body)).toMatchObject({ protocol: 'https' });
    expect(JSON.parse((await sendRaw(url, '/products', { host: 'good.com' })).body)).toMatchObject({
      protocol: 'http',
    });
  });

  it('never go to the wrong caller, for any requests in any order', async () => {
    const url = await startEcho(adapter, [tenants('1'), tenants('2')]);
    const text = fc
      .array(
        fc.constantFrom('a', 'b', '=', '?', '&', '#', '%', '%41', '%E4', '+', '[', ']', '/', ';', '.', '\\'),
        { maxLength: 6 },
      )
      .map((parts) => parts.join(''));
    const caller = fc.record({
      id: fc.constantFrom('1', '2', '%31'),
      query: fc.option(text, { nil: undefined }),
      headers: fc.record(
        {
          'x-version': fc.constantFrom('1', '2'),
          'x-tenant': fc.constantFrom('a', 'b', 'A', 'a, b'),
          'accept-language': fc.constantFrom('de', 'fr'),
          'x-forwarded-proto': fc.constantFrom('https', 'http'),
          'x-forwarded-host': fc.constantFrom('a.example', 'a.example/tenants'),
        },
        { requiredKeys: ['x-version'] },
      ),
      host: fc.constantFrom('a.example', 'b.example'),
    });
    const pairs = (target: string) =>
      target.split('?').slice(1).join('?').split('&').filter(Boolean).toSorted();
    let hits = 0;
    const parsed = new Map<string, unknown>();
    await fc.assert(
      fc.asyncProperty(fc.array(caller, { minLength: 1, maxLength: 12 }), async (callers) => {
        await Promise.all(
          callers.map(async ({ id, query, host, headers }) => {
            const target = `/tenants/${id}${query === undefined ? '' : `?${query}`}`;
            const answer = await sendRaw(url, target, { host, ...(headers as Record<string, string>) });
            if (answer.headers.get('x-cache') === 'HIT') hits++;
            if (answer.status !== 200) return;
            const { originalUrl, query: asked, ...who } = JSON.parse(answer.body) as Record<string, unknown>;
            expect(who).toEqual({
              id: decodeURIComponent(id),
              host,
              hostname: headers['x-forwarded-host'] ?? host,
              protocol: headers['x-forwarded-proto'] ?? 'http',
              tenant: headers['x-tenant'] ?? null,
              language: headers['accept-language'] ?? null,
              version: headers['x-version'],
            });
            // The order of the parameters may be that of another caller with the same query.
            expect(pairs(String(originalUrl))).toEqual(pairs(target));
            const spelled = pairs(target).join('&');
            if (parsed.has(spelled)) expect(asked).toEqual(parsed.get(spelled));
            parsed.set(spelled, asked);
          }),
        );
      }),
      { numRuns: 200 },
    );
    expect(hits).toBeGreaterThan(0);
  });
});

@Controller('shared')
@UseInterceptors(HttpCacheInterceptor)
class SharedController {
  static runs = 0;

  @Get(':id')
  @CachePublic()
  one(@Param('id') id: string) {
    return { id, run: ++SharedController.runs };
  }

  @Post(':id')
  change() {
    return {};
  }
}

describeStores('responses in a fleet', SHARED_STORES, (store) =>
  describe.each(ADAPTERS)('on %s', (adapter) => {
    async function startPair() {
      const env = store.env();
      const urls = [
        await startApp(adapter, [SharedController], { env }),
        await startApp(adapter, [SharedController], { env }),
      ];
      const get = async (process: 0 | 1, path: string, method = 'GET') => {
        // The same host name for all processes.
        const host = 'shop.example';
        const { headers, body } = await sendRaw(urls[process]!.url, `/shared/${path}`, { host }, method);
        await written(urls[process]!);
        return [headers.get('x-cache'), headers.get('etag'), body] as const;
      };
      return get;
    }

    it('are hits in another process, with their ETag', async () => {
      const get = await startPair();
      const [made, tag, text] = await get(0, '1');
      expect(await get(1, '1')).toEqual(['HIT', tag, text]);
      expect(made).toBe('MISS');
    });

    it('are invalidated in all processes by an unsafe request to one', async () => {
      const get = await startPair();
      await get(0, '2');
      await get(1, '3', 'POST');
      expect((await get(0, '2'))[0]).toBe('HIT');
      // This process has never seen the response.
      await get(1, '2', 'POST');
      const tells = Date.now() + 6_000;
      let [cache] = await get(0, '2');
      while (cache === 'HIT' && Date.now() < tells) [cache] = await get(0, '2');
      expect(cache).toBe('MISS');
    });
  }),
);
