import { Controller, Get, Post, UseInterceptors } from '@nestjs/common';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CachePublic,
  ConfigError,
  HttpCacheInterceptor,
  type LoadContext,
  LoadingCache,
  ProductionConfig,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { testConfig, testEnv } from 'nestjs-production-config/testing';
import { Test } from '@nestjs/testing';
import { startNode } from './support/cache-node.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';
import { Source } from './support/load-source.js';

const startDisabled = (env: Record<string, string> = {}) =>
  startNode({ ...env, CACHE_ENABLED: 'false' }, false);

describe('with CACHE_ENABLED=false', () => {
  it('Cache keeps nothing', async () => {
    const { cache, metrics } = await startDisabled();
    expect(await cache.set('a', 1)).toBe(1);
    await cache.mset([{ key: 'b', value: 2 }]);
    const load = vi.fn(() => 3);
    for (let round = 0; round < 2; round++) expect(await cache.wrap('c', load)).toBe(3);
    expect(load).toHaveBeenCalledTimes(2);
    expect(await cache.mget(['a', 'b', 'c'])).toEqual([undefined, undefined, undefined]);
    expect(await cache.ttl('a')).toBeUndefined();
    await cache.del('a');
    await cache.clear();
    expect(metrics.snapshot()).toMatchObject({ entries: 0, bytes: 0, hits: 0, rejections: 0 });
  });

  it('each call of LoadingCache loads, also concurrent ones', async () => {
    const { loading, metrics } = await startDisabled();
    const source = new Source();
    const options = { ttlSeconds: 60, graceSeconds: 60, staleWhileRevalidateSeconds: 60, lock: true };
    const asked = [1, 2, 3].map(() => loading.get('a', source.load, options));
    await source.asked(3);
    for (const value of [1, 2, 3]) source.answer(value);
    expect(await Promise.all(asked)).toEqual([1, 2, 3]);
    const failing = () => Promise.reject(new Error('the source is down'));
    await expect(loading.get('a', failing, options)).rejects.toThrow('the source is down');
    expect(await loading.set('a', 1)).toBe(false);
    expect(await loading.delete('a')).toBe(false);
    expect(await loading.get('a', () => 4, { force: true })).toBe(4);
    expect(metrics.snapshot()).toMatchObject({ loads: 5, loadFailures: 1, hits: 0, staleServed: 0 });
  });

  it('tags of values have no effect', async () => {
    const { loading, cache } = await startDisabled();
    for (const value of [1, 2]) {
      const load = (context: LoadContext) => (context.tag('found'), value);
      expect(await loading.get('a', load, { tags: ['given'] })).toBe(value);
      await loading.invalidateTags('given', 'found');
    }
    expect(await loading.set('a', 1, { tags: ['given'] })).toBe(false);
    expect(await cache.get('a')).toBeUndefined();
  });

  it('LoadingCache returns what it would return from a cache: frozen copies, errors and timeouts', async () => {
    const { loading } = await startDisabled();
    const row = { tags: ['a'] };
    const value = await loading.get('a', () => row);
    expect(value).toEqual(row);
    expect([value === row, Object.isFrozen(value), Object.isFrozen(value.tags)]).toEqual([false, true, true]);
    const live = new Map([['f', () => 1]]);
    expect(await loading.get('live', () => live)).toBe(live);
    expect(await loading.get('nothing', () => undefined)).toBeUndefined();
    const never = () => new Promise(() => undefined);
    await expect(loading.get('a', never, { timeoutMs: 10 })).rejects.toMatchObject({
      code: 'ERR_CACHE_LOAD_TIMEOUT',
    });
    await expect(loading.get('a', never, { ttlSeconds: 0 })).rejects.toMatchObject({
      code: 'ERR_CACHE_LOAD_OPTIONS',
    });
    const own = (): Promise<unknown> => loading.get('own', own);
    const other = (): Promise<unknown> => loading.get('own', other, { force: true });
    for (const load of [own, other]) {
      const both = await Promise.allSettled([loading.get('own', load), loading.get('own', load)]);
      for (const result of both) expect(result).toMatchObject({ reason: { code: 'ERR_CACHE_LOAD_CYCLE' } });
    }
  });

  it.each(['redis', 'memcached'])('no connection to %s is opened', async (scheme) => {
    let connections = 0;
    const server = createServer(() => connections++).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const node = await startDisabled({
      CACHE_URL: `${scheme}://127.0.0.1:${port}`,
      CACHE_NAMESPACE: 'orders',
    });
    await node.cache.set('a', 1);
    expect(await node.loading.get('a', () => 2, { lock: true })).toBe(2);
    expect(node.metrics.snapshot().shared).toBeUndefined();
    await node.close();
    expect(connections).toBe(0);
  });

  it('the log at boot says so, with a warning', async () => {
    const { logger } = await startDisabled();
    expect(logger.of('log').join('\n')).toContain('Cache: disabled: each read loads, and nothing is kept');
    expect(logger.of('warn').join('\n')).toContain(
      'CACHE_ENABLED is false, so each read loads and nothing is cached',
    );
    const enabled = await startNode({ CACHE_ENABLED: 'true' });
    expect(enabled.logger.lines.map(({ text }) => text).join('\n')).not.toContain('CACHE_ENABLED');
  });

  it.each(ADAPTERS)(
    'each request runs its handler, with the headers for other caches (%s)',
    async (adapter) => {
      let runs = 0;
      @Controller('rows')
      @UseInterceptors(HttpCacheInterceptor)
      class Rows {
        @Get()
        @CachePublic({ maxAge: 60 })
        async list() {
          return { run: ++runs };
        }

        @Post()
        add() {
          return {};
        }
      }
      const { url } = await startApp(adapter, [Rows], { env: { CACHE_ENABLED: 'false' } });
      const answers = await Promise.all([1, 2, 3].map(() => fetch(`${url}/rows`)));
      answers.push(await fetch(`${url}/rows`));
      for (const { status, headers } of answers) {
        expect([status, headers.get('x-cache'), headers.get('age')]).toEqual([200, 'MISS', null]);
        expect(headers.get('cache-control')).toContain('max-age=60');
      }
      expect(runs).toBe(4);
      expect((await fetch(`${url}/rows`, { method: 'POST' })).status).toBe(201);
    },
  );
});

it('CACHE_MAX_ENTRIES=0 is refused, and the report names CACHE_ENABLED=false', () => {
  const load = () => ProductionConfig.load({ SECRET_KEY, CACHE_MAX_ENTRIES: '0' });
  expect(load).toThrow(ConfigError);
  expect(load).toThrow('to cache nothing, set CACHE_ENABLED=false');
});

it('a test has a cache unless it turns it off', async () => {
  expect(testConfig(ProductionConfig).CACHE_ENABLED).toBe(true);
  const load = vi.fn(() => 1);
  for (const env of [testEnv(), testEnv({ CACHE_ENABLED: 'false' })]) {
    const testing = await Test.createTestingModule({ imports: [ProductionConfigModule.forRoot({ env })] })
      .setLogger(new RecordingLogger())
      .compile();
    onTestFinished(() => testing.close());
    for (let round = 0; round < 2; round++) await testing.get(LoadingCache).get('a', load);
  }
  expect(load).toHaveBeenCalledTimes(1 + 2);
});
