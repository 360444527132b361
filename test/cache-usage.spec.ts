import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { Controller, Get, Injectable, UseInterceptors } from '@nestjs/common';
import { describe, expect, it, vi } from 'vitest';
import { Cacheable, CachePublic, HttpCacheInterceptor, LoadingCache } from 'nestjs-production-config';
import { CacheUsage } from '../src/cache/index.js';
import { startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';

@Injectable()
class Prices {
  @Cacheable()
  async priceOf(name: string): Promise<string> {
    return `price of ${name}`;
  }
}

@Controller('products')
@UseInterceptors(HttpCacheInterceptor)
class ProductsController {
  @Get()
  @CachePublic()
  list() {
    return [1, 2, 3];
  }
}

async function start(env: Record<string, string> = {}) {
  const { app, url } = await startApp('express', [ProductsController], { env }, { providers: [Prices] });
  const usage = app.get(CacheUsage);
  const groups = async () => (await usage.report()).groups;
  const group = async (name: string) => (await groups()).find((one) => one.name === name);
  const cache = app.get<Cache>(CACHE_MANAGER);
  return { app, url, usage, groups, group, cache, loading: app.get(LoadingCache) };
}

describe('the report of the cache', () => {
  it('shows entries and bytes by the beginning of their keys, methods and responses', async () => {
    const { app, url, groups, cache, loading } = await start();
    for (const id of [1, 2, 3]) await cache.set(`product:${id}`, { id });
    await cache.set('7', 'seven');
    await loading.set('user:1', 'ada', { tags: ['users'] });
    await app.get(Prices).priceOf('a:b');
    await fetch(`${url}/products`);
    const shown = (await groups()).map(({ kind, name, entries }) => [kind, name, entries]);
    expect(shown).toHaveLength(6);
    expect(shown).toEqual(
      expect.arrayContaining([
        ['method', 'Prices.priceOf', 1],
        ['prefix', 'product', 3],
        ['prefix', 'user', 1],
        ['responses', '', 1],
        ['tags', '', 1],
        ['unnamed', '', 1],
      ]),
    );
    const total = (await groups()).reduce((sum, { bytes }) => sum + bytes, 0);
    expect(total).toBe((await app.get(CacheUsage).report()).snapshot.bytes);
  });

  it('shows no text of users, no secret, and at most 50 groups', async () => {
    const secret = 'Kf7-password-canary-x9';
    const { groups, cache } = await start({ DATABASE_URL: `postgres://app:${secret}@db.example/orders` });
    for (const key of ['ada@example.org:cart', `${secret}:a`, `${SECRET_KEY}:b`, `a${'b'.repeat(40)}:c`])
      await cache.set(key, 1);
    for (let tenant = 0; tenant < 60; tenant++) await cache.set(`tenant${tenant}:x`, 1);
    const shown = await groups();
    expect(shown).toHaveLength(51);
    expect(shown.at(-1)).toMatchObject({ kind: 'other', name: '' });
    expect(shown.reduce((sum, { entries }) => sum + entries, 0)).toBe(64);
    const text = JSON.stringify(shown);
    for (const hidden of [secret, SECRET_KEY, 'ada', 'bbb']) expect(text).not.toContain(hidden);
  });

  it('counts loads, and estimates hits and misses, from the observation on', async () => {
    const { usage, group, cache, loading } = await start();
    await loading.get('product:1', () => 1);
    await cache.get('product:1');
    expect(await group('product')).toMatchObject({ hits: 0, misses: 0, loads: 0 });
    usage.observe();
    for (let id = 0; id < 20; id++) await loading.get(`order:${id}`, () => id);
    expect(await group('order')).toMatchObject({ entries: 20, loads: 20 });
    for (let times = 0; times < 20_000; times++) await cache.get(times % 4 === 0 ? 'order:1' : 'product:1');
    for (let times = 0; times < 20_000; times++) await cache.get('absent:1');
    const [order, product, absent] = [await group('order'), await group('product'), await group('absent')];
    expect(order!.hits + product!.hits).toBeGreaterThan(19_000);
    expect(order!.hits + product!.hits).toBeLessThanOrEqual(20_000);
    // The error of 312 samples is much smaller.
    expect(order!.hits).toBeGreaterThan(2_000);
    expect(order!.hits).toBeLessThan(8_500);
    expect(absent).toMatchObject({ entries: 0, hits: 0, loads: 0 });
    expect(absent!.misses).toBeGreaterThan(19_000);
  });

  it('keeps a point each 30 s, the last 120, until the application ends', async () => {
    const { app, usage, cache } = await start();
    const history = async () => (await usage.report()).history;
    expect(await history()).toEqual([]);
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      usage.observe();
      usage.observe();
      await cache.set('product:1', 1);
      await cache.get('product:1');
      await cache.get('product:2');
      vi.advanceTimersByTime(30_000);
      const points = await history();
      expect(points).toHaveLength(2);
      expect(points[0]).toMatchObject({ hits: 0, misses: 0, evictions: 0, entries: 0, bytes: 0 });
      expect(points[1]).toMatchObject({ hits: 1, misses: 1, evictions: 0, entries: 1 });
      vi.advanceTimersByTime(200 * 30_000);
      expect(await history()).toHaveLength(120);
      await app.close();
      const last = (await history()).at(-1);
      vi.advanceTimersByTime(60_000);
      expect((await history()).at(-1)).toBe(last);
    } finally {
      vi.useRealTimers();
    }
  });
});
