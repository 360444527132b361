import { Cache, CacheInterceptor, CacheTTL } from '@nestjs/cache-manager';
import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { CacheArgumentError, CacheMetrics } from 'nestjs-production-config';
import { describeStores, STORES } from './support/cache-stores.js';
import { ADAPTERS, startApp } from './support/http-app.js';

const NO_NUMBERS: readonly unknown[] = ['1000', '', 10n, true, {}, [1000], new Date(), () => 1000];
const NO_KEYS: readonly unknown[] = [undefined, null, true, {}, Symbol('canary'), () => 'a'];

describeStores('cache arguments', STORES, (store) => {
  it('a ttl has the same meaning in every process: milliseconds, with 0 and Infinity for no expiry', async () => {
    const [one, another] = await store.startPair();
    const lives = [0, -0, Infinity, 60_000, 60_000.5, 1e15, undefined, null];
    for (const ttl of lives as number[]) {
      await one.cache.set('set', 'value', ttl);
      await one.cache.mset([{ key: 'mset', value: 'value', ttl }]);
      await one.cache.wrap('wrap', () => 'value', ttl);
      for (const key of ['set', 'mset', 'wrap']) {
        const expires = await one.cache.ttl(key);
        const isEndless = ttl === 0 || ttl === Infinity;
        expect([ttl, key, expires === undefined]).toEqual([ttl, key, isEndless]);
        expect([ttl, key, await another.cache.get(key)]).toEqual([ttl, key, 'value']);
        await one.cache.del(key);
      }
    }
  });

  it('a ttl below 0 or NaN stores nothing and removes the existing entry, in every process', async () => {
    const [one, another] = await store.startPair();
    for (const ttl of [-1, -0.5, Number.NaN, -Infinity]) {
      await one.cache.set('a', 'before', 60_000);
      await one.cache.set('a', 'value', ttl);
      expect([ttl, await one.cache.get('a'), await another.cache.get('a')]).toEqual([
        ttl,
        undefined,
        undefined,
      ]);
    }
  });

  it('a ttl that is not a number is rejected with a coded error, and changes nothing', async () => {
    const { cache } = (await store.startPair())[0];
    await cache.set('a', 'before');
    for (const ttl of NO_NUMBERS as readonly number[]) {
      const calls = [
        () => cache.set('a', 'value', ttl),
        () => cache.mset([{ key: 'a', value: 'value', ttl }]),
        // wrap() of cache-manager accepts a function and calls it to get the ttl.
        () =>
          typeof ttl === 'function' ? cache.set('a', 1, ttl) : cache.wrap('new', () => 'value', { ttl }),
      ];
      for (const call of calls) {
        const error: unknown = await call().catch((thrown: unknown) => thrown);
        expect(error).toBeInstanceOf(CacheArgumentError);
        expect(error).toMatchObject({
          code: 'ERR_CACHE_TTL',
          message: expect.stringContaining('number of milliseconds'),
        });
      }
    }
    expect([await cache.get('a'), await cache.get('new')]).toEqual(['before', undefined]);
  });

  it('a numeric key is the same key as its text', async () => {
    const [one, another] = await store.startPair();
    const seven = 7 as unknown as string;
    await one.cache.set(seven, 'number');
    expect([await one.cache.get(seven), await one.cache.get('7'), await another.cache.get(seven)]).toEqual([
      'number',
      'number',
      'number',
    ]);
    expect(await one.cache.wrap(seven, () => 'loaded')).toBe('number');
    await one.cache.mset([{ key: seven, value: 'list' }]);
    expect(await one.cache.mget(['7', seven])).toEqual(['list', 'list']);
    await one.cache.del(seven);
    expect([await one.cache.get('7'), await one.cache.get(seven)]).toEqual([undefined, undefined]);
  });

  it('a key that is neither text nor a number is rejected by writes, and is a miss for reads', async () => {
    const { cache } = (await store.startPair())[0];
    const refusal = { name: 'CacheArgumentError', code: 'ERR_CACHE_KEY' };
    for (const key of NO_KEYS as readonly string[]) {
      await expect(cache.set(key, 1)).rejects.toMatchObject(refusal);
      await expect(cache.mset([{ key, value: 1 }])).rejects.toMatchObject(refusal);
      await expect(cache.del(key)).rejects.toMatchObject(refusal);
      await expect(cache.mdel([key])).rejects.toMatchObject(refusal);
      await expect(cache.stores[0]!.get(key)).rejects.toMatchObject(refusal);
      // cache-manager turns every read error of a store into a miss.
      expect([await cache.get(key), await cache.mget([key]), await cache.ttl(key)]).toEqual([
        undefined,
        [undefined],
        undefined,
      ]);
    }
    // A list within a list is not a list of keys.
    await expect(cache.stores[0]!.get([['a']] as never)).rejects.toMatchObject(refusal);
    await expect(cache.set(Symbol('canary') as unknown as string, 1)).rejects.not.toThrow('canary');
  });
});

describe.each(ADAPTERS)('@CacheTTL on %s', (adapter) => {
  @Controller()
  @UseInterceptors(CacheInterceptor)
  class SlowController {
    @Get('text')
    @CacheTTL('60000' as unknown as number)
    text() {
      return { ok: true };
    }
  }

  it('that is not a number caches nothing, and does not change the response', async () => {
    const { app, url, logger } = await startApp(adapter, [SlowController]);
    for (let call = 0; call < 2; call++) expect((await fetch(`${url}/text`)).status).toBe(200);
    expect(app.get(CacheMetrics).snapshot().entries).toBe(0);
    expect(await app.get<Cache>(Cache).get('/text')).toBeUndefined();
    expect(logger.of('error').join('\n')).toContain('a ttl must be a number of milliseconds');
  });
});
