import { CacheInterceptor, CacheKey, CacheTTL } from '@nestjs/cache-manager';
import { Controller, Get, UseInterceptors } from '@nestjs/common';
import { CacheMetrics } from 'nestjs-production-config';
import { Registry } from 'prom-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startNode } from './support/cache-node.js';
import { ADAPTERS, startApp } from './support/http-app.js';

const startCache = (env: Record<string, string> = {}, isUp = false) => startNode(env, isUp);

// What the test runner itself takes meanwhile; an unbounded cache would take more than 250 MiB below.
const NOISE = 4 * 2 ** 20;

async function memoryUsed(): Promise<number> {
  // The memory of array buffers is given back in the background.
  for (let round = 0; round < 2; round++) {
    globalThis.gc?.();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

describe('bounds', () => {
  it('keeps at most 4096 of 1,000,000 keys, the most recent ones, within maxBytes of heap', async () => {
    const MIB = 2 ** 20;
    const { cache, metrics } = await startCache({ CACHE_MAX_BYTES: '8mb' });
    const before = await memoryUsed();
    for (let id = 0; id < 1_000_000; id++) await cache.set(`product:${id}`, { id, name: `Product ${id}` });
    expect(metrics.snapshot()).toMatchObject({ entries: 4096, evictions: 1_000_000 - 4096 });
    expect(await cache.get('product:999999')).toEqual({ id: 999_999, name: 'Product 999999' });
    expect(await cache.get('product:0')).toBeUndefined();
    expect(metrics.snapshot().bytes).toBeLessThanOrEqual(8 * MIB);
    expect((await memoryUsed()) - before).toBeLessThan(8 * MIB + NOISE);
  });

  it('stays within maxBytes, however large the values are', async () => {
    const { cache, metrics } = await startCache({ CACHE_MAX_BYTES: '1mb' });
    for (let id = 0; id < 100; id++) {
      await cache.set(`page:${id}`, { html: 'x'.repeat(50_000) });
      expect(metrics.snapshot().bytes).toBeLessThanOrEqual(2 ** 20);
    }
    expect(metrics.snapshot().entries).toBeGreaterThan(5);
  });

  it('does not keep a value larger than the whole cache, nor the one it replaces', async () => {
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
      'objects by number',
      (id) => Object.fromEntries(Array.from({ length: 10 }, (_, key) => [id * 100 + key * 7, key])),
    ],
    ['nested lists', (id) => [[[[[id]]]]]],
    ['texts', (id) => `Text ${id} — `.repeat(100)],
    ['maps', (id) => new Map(Array.from({ length: 50 }, (_, key) => [`key-${key}`, id]))],
    ['binary data', () => new Uint8Array(500)],
    ['small buffers', (id) => Buffer.from(`text ${id}`)],
    ['long keys', (id) => ({ [`${id}-`.padEnd(300, 'x')]: id })],
  ])('counts at least the memory that the entries take (%s)', async (_what, valueOf) => {
    const { cache, metrics } = await startCache({ CACHE_MAX_BYTES: '1gb', CACHE_MAX_ENTRIES: '10000' });
    await cache.set('warm', valueOf(0));
    const before = await memoryUsed();
    for (let id = 0; id < 10_000; id++) await cache.set(`value:${id}`, valueOf(id));
    expect(metrics.snapshot().bytes).toBeGreaterThan((await memoryUsed()) - before - NOISE / 4);
    expect(metrics.snapshot().entries).toBe(10_000);
  });
});

describe('time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('keeps a value for 600 s when it is set without a ttl', async () => {
    const { cache } = await startCache();
    await cache.set('a', 1);
    await vi.advanceTimersByTimeAsync(599_000);
    expect(await cache.get('a')).toBe(1);
    await vi.advanceTimersByTimeAsync(2_000);
    expect(await cache.get('a')).toBeUndefined();
  });

  it('uses the real clock again after a test has replaced it', async () => {
    const { cache } = await startCache();
    await cache.set('a', 1, 20);
    vi.setSystemTime(Date.now() + 3_600_000);
    expect(await cache.get('a')).toBeUndefined();
    vi.useRealTimers();
    await cache.set('b', 1, 20);
    await new Promise((resolve) => setTimeout(resolve, 60));
    expect(await cache.get('b')).toBeUndefined();
  });

  it('keeps a value for its own ttl, in milliseconds, and for good with 0', async () => {
    const { cache } = await startCache();
    await cache.set('short', 1, 1_000);
    await cache.set('good', 1, 0);
    expect(await cache.ttl('short')).toBe(Date.now() + 1_000);
    await vi.advanceTimersByTimeAsync(1_001);
    expect(await cache.get('short')).toBeUndefined();
    await vi.advanceTimersByTimeAsync(86_400_000);
    expect(await cache.get('good')).toBe(1);
  });

  it('removes expired entries even if nobody reads them', async () => {
    const { cache, metrics } = await startCache({ CACHE_TTL_SECONDS: '5' });
    for (let id = 0; id < 100; id++) await cache.set(`a:${id}`, id);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(metrics.snapshot()).toMatchObject({ entries: 0, bytes: 0, expirations: 100 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('answers wrap() from the cache until the ttl ends, and loads once for callers that come together', async () => {
    const { cache } = await startCache();
    const load = vi.fn(async () => ({ id: 1 }));
    await Promise.all(Array.from({ length: 50 }, () => cache.wrap('product:1', load, 1_000)));
    await cache.wrap('product:1', load, 1_000);
    expect(load).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(1_001);
    await cache.wrap('product:1', load, 1_000);
    expect(load).toHaveBeenCalledTimes(2);
  });

  it('lets wrap() refresh in the background below its threshold', async () => {
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

describe('the rest of the interface', () => {
  it('counts what happened', async () => {
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
      expirations: 0,
      rejections: 0,
      loads: 0,
      loadFailures: 0,
      loadMs: 0,
      staleServed: 0,
    });
    expect(bytes).toBeGreaterThan(0);
  });
});

describe('CacheMetrics.register()', () => {
  it('adds the figures to a registry of prom-client, as they are when it is read', async () => {
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
    expect(text).toContain('cache_evictions_total 1\n');
    await cache.get('c');
    expect(await registry.getSingleMetricAsString('cache_hits_total')).toContain('cache_hits_total 2');
  });

  it('adds the figures of a shared cache if there is one', async () => {
    const shared = { CACHE_URL: 'redis://127.0.0.1:1', CACHE_NAMESPACE: 'orders' };
    const registry = new Registry();
    await (await startCache(shared)).metrics.register(registry);
    const text = await registry.metrics();
    for (const figure of ['hits', 'misses', 'timeouts', 'errors', 'corrupt', 'invalidations'])
      expect(text).toContain(`# TYPE cache_shared_${figure}_total counter\ncache_shared_${figure}_total 0\n`);
    expect(text).toContain('# TYPE cache_shared_connected gauge\ncache_shared_connected 0\n');
    expect(text).toContain('# TYPE cache_shared_breaker_open gauge\ncache_shared_breaker_open 0\n');
  });

  it('adds them to each registry on its own, and counts for two applications apart', async () => {
    const [one, another] = [await startCache(), await startCache()];
    const [first, second] = [new Registry(), new Registry()];
    await one.metrics.register(first);
    await another.metrics.register(second);
    await one.cache.set('a', 1);
    expect(await first.getSingleMetricAsString('cache_entries')).toContain('cache_entries 1');
    expect(await second.getSingleMetricAsString('cache_entries')).toContain('cache_entries 0');
  });

  it('adds the applications of one process up on one registry, and keeps the totals of a closed one', async () => {
    const [one, another] = [await startCache(), await startCache()];
    const registry = new Registry();
    // The second time changes nothing.
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

  it('shows the shared cache of the applications that have one', async () => {
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

  it('serves the second request from the bounded cache, for as long as @CacheTTL says', async () => {
    const { app, url } = await startApp(adapter, [CachedController]);
    expect(await read(`${url}/cached/counted`)).toBe('{"calls":1}');
    expect(await read(`${url}/cached/counted`)).toBe('{"calls":1}');
    expect(app.get(CacheMetrics).snapshot()).toMatchObject({ entries: 1, hits: 1, misses: 1 });

    expect(await read(`${url}/cached/brief`)).toBe('{"calls":2}');
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await read(`${url}/cached/brief`)).toBe('{"calls":3}');
  });

  it('never serves an empty hit for a route that streams', async () => {
    const { url, logger } = await startApp(adapter, [CachedController]);
    expect(await read(`${url}/cached/generated`)).toContain('{"calls":1}');
    expect(await read(`${url}/cached/generated`)).toContain('{"calls":2}');
    expect(logger.of('warn')).toHaveLength(1);
  });
});
