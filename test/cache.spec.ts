import { CacheInterceptor, CacheKey, CacheTTL } from '@nestjs/cache-manager';
import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { CacheMetrics } from 'nestjs-production-config';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startNode } from './support/cache-node.js';
import { ADAPTERS, startApp } from './support/http-app.js';

const startCache = (env: Record<string, string> = {}, isUp = false) => startNode(env, isUp);

// Allowance for the test runner itself. An unbounded cache would use more than 250 MiB below.
const NOISE = 4 * 2 ** 20;

async function memoryUsed(): Promise<number> {
  // The memory of array buffers is released in the background.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('bounds', () => {
  it('stores only 4096 of 250,000 keys, the latest among them, within maxBytes of heap', async () => {
    const MIB = 2 ** 20;
    const { cache, metrics } = await startCache({ CACHE_MAX_BYTES: '8mb' });
    const before = await memoryUsed();
    for (let id = 0; id < 250_000; id++) await cache.set(`product:${id}`, { id, name: `Product ${id}` });
    expect(metrics.snapshot()).toMatchObject({ entries: 4096, evictions: 250_000 - 4096 });
    expect(await cache.get('product:249999')).toEqual({ id: 249_999, name: 'Product 249999' });
    expect(await cache.get('product:0')).toBeUndefined();
    expect(metrics.snapshot().bytes).toBeLessThanOrEqual(8 * MIB);
    expect((await memoryUsed()) - before).toBeLessThan(8 * MIB + NOISE);
  });

  it('takes no memory for entries that it does not hold', async () => {
    await startCache();
    const before = await memoryUsed();
    const { cache } = await startCache({ CACHE_MAX_ENTRIES: '5000000' });
    await cache.set('product:1', { id: 1 });
    expect((await memoryUsed()) - before).toBeLessThan(NOISE);
    expect(await cache.get('product:1')).toEqual({ id: 1 });
  });

  it('stays within maxBytes with large values', async () => {
    const { cache, metrics } = await startCache({ CACHE_MAX_BYTES: '1mb' });
    for (let id = 0; id < 100; id++) {
      await cache.set(`page:${id}`, { html: 'x'.repeat(50_000) });
      expect(metrics.snapshot().bytes).toBeLessThanOrEqual(2 ** 20);
    }
    expect(metrics.snapshot().entries).toBeGreaterThan(5);
  });

  it('does not store a value larger than the whole cache, and removes the value it replaces', async () => {
    const { cache, metrics, logger } = await startCache({ CACHE_MAX_BYTES: '100kb' });
    await cache.set('report:1', 'small');
    await cache.set('report:1', 'x'.repeat(200_000));
    expect(await cache.get('report:1')).toBeUndefined();
    await cache.set('report:2', Array.from({ length: 8_000 }, Math.random));
    expect(metrics.snapshot()).toMatchObject({ entries: 0, rejections: 2 });
    expect(logger.of('warn')).toEqual([
      expect.stringContaining('under report…: it is larger than the whole cache'),
    ]);
  });

  it.each<[string, (id: number) => unknown]>([
    [
      'rows',
      (id) => ({ id, name: `Product ${id}`, price: id / 7, tags: ['a', `b${id}`], stock: { north: id } }),
    ],
    [
      'lists of rows',
      (id) => Array.from({ length: 20 }, (_, row) => ({ id: row, name: `Row ${id}/${row}` })),
    ],
    ['lists of numbers', (id) => Array.from({ length: 100 }, (_, index) => id + index / 2)],
    [
      'dictionaries',
      (id) => Object.fromEntries(Array.from({ length: 50 }, (_, key) => [`key-${id}-${key}`, key])),
    ],
    [
      'objects with numeric keys',
      (id) => Object.fromEntries(Array.from({ length: 10 }, (_, key) => [id * 100 + key * 7, key])),
    ],
    ['nested lists', (id) => [[[[[id]]]]]],
    ['strings', (id) => `Text ${id} — `.repeat(100)],
    ['maps', (id) => new Map(Array.from({ length: 50 }, (_, key) => [`key-${key}`, id]))],
    ['binary data', () => new Uint8Array(500)],
    ['small buffers', (id) => Buffer.from(`text ${id}`)],
    ['long keys', (id) => ({ [`${id}-`.padEnd(300, 'x')]: id })],
  ])('counts at least the memory that entries use (%s)', async (_what, valueOf) => {
    const { cache, metrics } = await startCache({ CACHE_MAX_BYTES: '1gb', CACHE_MAX_ENTRIES: '10000' });
    await cache.set('warm', valueOf(0));
    const before = await memoryUsed();
    for (let id = 0; id < 10_000; id++) await cache.set(`value:${id}`, valueOf(id));
    expect(metrics.snapshot().bytes).toBeGreaterThan((await memoryUsed()) - before - NOISE / 4);
    expect(metrics.snapshot().entries).toBe(10_000);
  });
});

describe('expiry', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('removes a value that was set without a ttl after 600 s', async () => {
    const { cache } = await startCache();
    await cache.set('a', 1);
    await vi.advanceTimersByTimeAsync(599_000);
    expect(await cache.get('a')).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await cache.get('a')).toBeUndefined();
  });

  it('follows the real clock again after a test restores it', async () => {
    const { cache } = await startCache();
    await cache.set('a', 1, 20);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await cache.get('a')).toBeUndefined();
    vi.useRealTimers();
    await cache.set('b', 1, 20);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await cache.get('b')).toBeUndefined();
  });

  it('removes a value after its own ttl in milliseconds, and never with a ttl of 0', async () => {
    const { cache } = await startCache();
    await cache.set('short', 1, 1_000);
    await cache.set('good', 1, 0);
    expect(await cache.ttl('short')).toBe(Date.now() + 1_000);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await cache.get('short')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(await cache.get('good')).toBe(1);
  });

  it('removes expired entries even if they are never read', async () => {
    const { cache, metrics } = await startCache({ CACHE_TTL_SECONDS: '5' });
    for (let id = 0; id < 100; id++) await cache.set(`a:${id}`, id);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(metrics.snapshot()).toMatchObject({ entries: 0, bytes: 0, expirations: 100 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('serves wrap() from the cache until the ttl ends, and loads once for concurrent callers', async () => {
    const { cache } = await startCache();
    const load = vi.fn(async () => ({ id: 1 }));
    await Promise.all(Array.from({ length: 50 }, () => cache.wrap('product:1', load, 1_000)));
    await cache.wrap('product:1', load, 1_000);
    expect(load).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_001);
    await cache.wrap('product:1', load, 1_000);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('lets wrap() refresh in the background once the remaining ttl is below its threshold', async () => {
    const { cache } = await startCache();
    let version = 1;
    const read = () => cache.wrap('product:1', async () => version, 10_000, 5_000);
    expect(await read()).toBe(1);
    version = 2;
    await vi.advanceTimersByTimeAsync(6_000);
    expect(await read()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await read()).toBe(2);
  });
});

describe('CacheMetrics.snapshot()', () => {
  it('counts entries, hits, misses and evictions', async () => {
    const { cache, metrics } = await startCache({ CACHE_MAX_ENTRIES: '2' });
    await cache.set('a', 1);
    await cache.set('b', 2);
    await cache.set('c', 3);
    await cache.get('c');
    await cache.get('a');
    const { bytes, ...snapshot } = metrics.snapshot();
    expect(snapshot).toEqual({
      entries: 2,
      hits: 1,
      misses: 1,
      hitRatio: 0.5,
      evictions: 1,
      evictionOrder: 'frequency',
      expirations: 0,
      rejections: 0,
      tagInvalidations: 0,
      loads: 0,
      loadFailures: 0,
      loadMs: 0,
      backgroundLoads: 0,
      backgroundLoadFailures: 0,
      staleServed: 0,
    });
    expect(bytes).toBeGreaterThan(0);
  });
});

describe('CacheMetrics.register()', () => {
  it('adds the figures to a prom-client registry, current at each read', async () => {
    const { cache, metrics } = await startCache({ CACHE_MAX_ENTRIES: '2' });
    const registry = new Registry();
    await metrics.register(registry);
    for (const key of ['a', 'b', 'c']) await cache.set(key, key);
    await cache.get('c');
    await cache.get('absent');
    const text = await registry.metrics();
    expect(text).toContain('# TYPE cache_entries gauge\ncache_entries 2\n');
    expect(text).toContain('# TYPE cache_hits_total counter\ncache_hits_total 1\n');
    expect(text).toContain('cache_misses_total 1\n');
    expect(text).toContain('# TYPE cache_background_loads_total counter\ncache_background_loads_total 0\n');
    expect(text).toContain('cache_evictions_total 1\n');
    expect(text).toContain('# TYPE cache_eviction_lru gauge\ncache_eviction_lru 0\n');
    await cache.get('c');
    expect(await registry.getSingleMetricAsString('cache_hits_total')).toContain('cache_hits_total 2');
  });

  it('adds the figures of the shared cache if one is configured', async () => {
    const shared = { CACHE_URL: 'redis://127.0.0.1:1', CACHE_NAMESPACE: 'orders' };
    const registry = new Registry();
    await (await startCache(shared)).metrics.register(registry);
    const text = await registry.metrics();
    for (const figure of ['hits', 'misses', 'timeouts', 'errors', 'corrupt', 'invalidations'])
      expect(text).toContain(`# TYPE cache_shared_${figure}_total counter\ncache_shared_${figure}_total 0\n`);
    expect(text).toContain('# TYPE cache_shared_connected gauge\ncache_shared_connected 0\n');
    expect(text).toContain('# TYPE cache_shared_breaker_open gauge\ncache_shared_breaker_open 0\n');
  });

  it('reports two applications separately on two registries', async () => {
    const [one, another] = [await startCache(), await startCache()];
    const [first, second] = [new Registry(), new Registry()];
    await one.metrics.register(first);
    await another.metrics.register(second);
    await one.cache.set('a', 1);
    expect(await first.getSingleMetricAsString('cache_entries')).toContain('cache_entries 1');
    expect(await second.getSingleMetricAsString('cache_entries')).toContain('cache_entries 0');
  });

  it('sums the applications of one process on one registry, and retains the totals of closed ones', async () => {
    const [one, another] = [await startCache(), await startCache()];
    const registry = new Registry();
    // Registering twice changes nothing.
    for (const { metrics } of [one, another, one]) await metrics.register(registry);
    const figure = async (name: string) =>
      Number((await registry.getSingleMetricAsString(name)).split(' ').at(-1));
    for (const { cache } of [one, another, another]) {
      await cache.set('a', 1);
      await cache.get('a');
    }
    expect(await figure('cache_entries')).toBe(2);
    expect(await figure('cache_hits_total')).toBe(3);

    await another.close();
    expect(await figure('cache_entries')).toBe(1);
    expect(await figure('cache_hits_total')).toBe(3);
    await one.cache.get('a');
    expect(await figure('cache_hits_total')).toBe(4);

    await one.close();
    const next = await startCache();
    await next.metrics.register(registry);
    await next.cache.get('absent');
    expect(await figure('cache_entries')).toBe(0);
    expect(await figure('cache_hits_total')).toBe(4);
    expect(await figure('cache_misses_total')).toBe(1);
  });

  it('registers again on a registry that was cleared', async () => {
    const registry = new Registry();
    for (const entries of [1, 2]) {
      const { cache, metrics } = await startCache();
      await metrics.register(registry);
      for (let id = 0; id < entries; id++) await cache.set(String(id), id);
      expect(await registry.getSingleMetricAsString('cache_entries')).toContain(`cache_entries ${entries}`);
      registry.clear();
    }
  });

  it('shows the shared-cache figures if only some applications have a shared cache', async () => {
    const shared = { CACHE_URL: 'redis://127.0.0.1:1', CACHE_NAMESPACE: 'orders' };
    const registry = new Registry();
    for (const env of [{}, shared, {}]) await (await startCache(env)).metrics.register(registry);
    expect(await registry.getSingleMetricAsString('cache_shared_connected')).toContain('connected 0');
    expect(await registry.getSingleMetricAsString('cache_shared_breaker_open')).toContain('open 0');
  });
});

describe.each(ADAPTERS)('CacheInterceptor on %s', (adapter) => {
  @Controller('cached')
  @UseInterceptors(CacheInterceptor)
  class CachedController {
    private calls = 0;

    @Get('counted')
    counted() {
      return { calls: ++this.calls };
    }

    @Get('brief')
    @CacheKey('brief')
    @CacheTTL(5)
    brief() {
      return { calls: ++this.calls };
    }

    @Get('generated')
    async *generated() {
      yield { calls: ++this.calls };
    }
  }

  const read = async (url: string) => (await fetch(url)).text();

  it('serves the second request from the bounded cache until the @CacheTTL ends', async () => {
    const { app, url } = await startApp(adapter, [CachedController]);
    expect(await read(`${url}/cached/counted`)).toBe('{"calls":1}');
    expect(await read(`${url}/cached/counted`)).toBe('{"calls":1}');
    expect(app.get(CacheMetrics).snapshot()).toMatchObject({ entries: 1, hits: 1, misses: 1 });

    expect(await read(`${url}/cached/brief`)).toBe('{"calls":2}');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await read(`${url}/cached/brief`)).toBe('{"calls":3}');
  });

  it('never serves an empty hit for a streaming route', async () => {
    const { url, logger } = await startApp(adapter, [CachedController]);
    expect(await read(`${url}/cached/generated`)).toContain('{"calls":1}');
    expect(await read(`${url}/cached/generated`)).toContain('{"calls":2}');
    expect(logger.of('warn')).toHaveLength(1);
  });
});
