import { Cache, CACHE_MANAGER } from '@nestjs/cache-manager';
import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import * as library from 'nestjs-production-config';
import { sharedEnv, startMemcached, startRedis } from './support/cache-servers.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';

const { CacheMetrics, HttpCacheInterceptor, KeyRing, PaginationInterceptor } = library;

const PASSWORD = 'opensesame';

const WHERE = [
  ['this process', () => ({ env: {}, stop: () => undefined })],
  ['Redis', () => sharedOn(startRedis())],
  ['memcached', () => sharedOn(startMemcached())],
] as const;

async function sharedOn(starting: ReturnType<typeof startRedis>) {
  const server = await starting;
  return server && { env: sharedEnv(server.url), stop: () => server.stop() };
}

@Controller('items')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class ItemsController {
  @Get()
  @library.CachePublic()
  list() {
    return [1];
  }
}

const VIEWS: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  JSON: (value) => JSON.stringify({ value }),
  'JSON in a list': (value) => JSON.stringify([value]),
  inspect: (value) => inspect(value, { depth: Infinity }),
  'inspect, hidden properties too': (value) => inspect(value, { depth: Infinity, showHidden: true }),
};

describe.each(WHERE)('with a cache in %s', (_where, start) => {
  it.each(ADAPTERS)(
    'every injectable can be shown by JSON and inspect without exposing a secret (%s)',
    async (adapter) => {
      const place = await start();
      if (place === undefined) return;
      onTestFinished(() => place.stop());
      const providers = [HttpCacheInterceptor, PaginationInterceptor];
      const { app, url } = await startApp(
        adapter,
        [ItemsController],
        { env: { ...place.env, DATABASE_URL: `postgres://app:${PASSWORD}@localhost/app` } },
        { providers },
      );
      await fetch(`${url}/items`);
      const injectables = [
        ...Object.values(library).filter((value) => typeof value === 'function'),
        ConfigService,
        Cache,
        CACHE_MANAGER,
      ].flatMap((token) => {
        try {
          return [
            [
              typeof token === 'function' ? token.name : token,
              app.get<object>(token, { strict: false }),
            ] as const,
          ];
        } catch {
          return [];
        }
      });
      expect(injectables.map(([name]) => name)).toEqual(
        expect.arrayContaining([
          'BaseConfig',
          'ProductionConfig',
          'ProductionConfigModule',
          'KeyRing',
          'CacheMetrics',
          'LoadingCache',
          'HttpCacheInterceptor',
          'PaginationInterceptor',
          'ConfigService',
          'Cache',
          'CACHE_MANAGER',
        ]),
      );
      for (const [name, injectable] of injectables) {
        for (const [view, show] of Object.entries(VIEWS)) {
          const shown = show(injectable);
          for (const secret of [SECRET_KEY, PASSWORD])
            expect(shown, `${name}, ${view}`).not.toContain(secret);
          expect(shown?.length, `${name}, ${view}`).toBeLessThan(20_000);
        }
      }
      for (const token of [library.ProductionConfig, ConfigService, KeyRing, CacheMetrics]) {
        const copy = inspect(structuredClone(app.get<object>(token)), { showHidden: true });
        for (const secret of [SECRET_KEY, PASSWORD]) expect(copy).not.toContain(secret);
      }
    },
  );
});

it('CacheMetrics is shown as its snapshot', async () => {
  const { app } = await startApp('express', []);
  const metrics = app.get(CacheMetrics);
  expect(JSON.parse(JSON.stringify(metrics))).toEqual(metrics.snapshot());
  expect(inspect(metrics)).toBe(`CacheMetrics ${inspect(metrics.snapshot())}`);
});
