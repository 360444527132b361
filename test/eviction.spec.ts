import { describe, expect, it } from 'vitest';
import { EvictionOrder } from '../src/cache/near/eviction-order.js';
import { startNode } from './support/cache-node.js';
import { MAX_MISS_RATIO, SEEDS, STREAM_LENGTH } from './support/eviction-goals.js';
import { keysOf, type KeyStreamName } from './support/key-streams.js';
import { missesOf } from './support/miss-ratio.js';
import { WatchedMap } from './support/watched-map.js';

describe('the entries that are evicted', () => {
  it('are those of a scan, not the rows that are read all the time', async () => {
    const { cache, metrics } = await startNode({ CACHE_MAX_ENTRIES: '100' }, false);
    const read = async (id: number) => {
      const row = await cache.get(`hot:${id}`);
      if (row === undefined) await cache.set(`hot:${id}`, { id });
      return row !== undefined;
    };
    for (let step = 0; step < 2_000; step++) {
      await read(step % 50);
      await cache.set(`scan:${step}`, step);
    }
    for (let step = 0; step < 1_000; step++) await cache.set(`export:${step}`, step);
    for (let id = 0; id < 50; id++) expect(await read(id)).toBe(true);
    expect(metrics.snapshot()).toMatchObject({ entries: 100, evictionOrder: 'frequency' });
  });

  const leaveBy = {
    expiry: (watched: WatchedMap, keys: readonly string[]) => {
      for (const key of keys) watched.map.get(key);
      watched.time += 11;
    },
    deletion: ({ map }: WatchedMap, keys: readonly string[]) => {
      for (const key of keys) map.get(key);
      for (const key of keys) map.delete(key);
    },
    'early eviction': (watched: WatchedMap) => watched.fill('scan', 50),
  };

  it.each(Object.entries(leaveBy))('are not those that return soon after their %s', (_way, leave) => {
    const watched = new WatchedMap(100);
    const keys = watched.fill('row', 20, 10);
    watched.fill('other', 80);
    leave(watched, keys);
    for (const key of keys) expect(watched.map.get(key)).toBeUndefined();
    watched.fill('row', 20);
    watched.fill('another scan', 1_000);
    expect(watched.held(keys)).toBe(20);
  });

  it('are not the used ones if large new ones arrive', () => {
    const watched = new WatchedMap(1_000, 10_000);
    const { map } = watched;
    const keys = Array.from({ length: 50 }, (_, number) => `row:${number}`);
    for (const key of keys) map.set(key, 0, Infinity, 100);
    watched.fill('other', 10);
    for (const key of keys) map.get(key);
    for (const key of keys) {
      map.delete(key);
      map.set(key, 0, Infinity, 100);
    }
    for (let number = 0; number < 100; number++) map.set(`page:${number}`, 0, Infinity, 900);
    expect(watched.held(keys)).toBe(50);
    expect(map.bytes).toBeLessThanOrEqual(10_000);
  });

  it('are found by inspecting at most 64 entries', () => {
    const order = new EvictionOrder(1_000, Infinity);
    const slots = Array.from({ length: 100 }, (_, hash) => order.add(hash, true, Infinity, 1));
    for (const slot of slots.slice(0, 90)) expect(order.use(slot)).toBe(true);
    // Each of the first 63 gets another chance.
    expect(slots.indexOf(order.victim(false))).toBe(63);
  });

  it('are the least recently used ones if LRU has fewer misses', () => {
    const watched = new WatchedMap(256);
    const { map } = watched;
    const request = (key: number) => map.get(`row:${key}`) ?? map.set(`row:${key}`, key, Infinity, 1);
    for (const key of keysOf('loop of 1.1 capacities', 256, 100 * 256, 1)) request(key);
    expect(map.isLru).toBe(false);
    for (const key of keysOf('sliding window', 256, 100 * 256, 1)) request(key);
    expect(map.isLru).toBe(true);
    // Long unused ones are evicted, whatever they were before.
    watched.fill('new', 256);
    expect(watched.held(Array.from({ length: 30_000 }, (_, key) => `row:${key}`))).toBeLessThan(26);
  });
});

describe('expired entries', () => {
  it('make room, one for each new entry, although nobody reads them', () => {
    const watched = new WatchedMap(100);
    watched.fill('old', 40, 10);
    watched.time += 11;
    watched.fill('new', 30);
    expect(watched.map.size).toBe(40);
    expect(watched.removed.map(({ cause }) => cause)).toEqual(Array.from({ length: 30 }, () => 'expired'));
  });

  it('make room before others are evicted, if every fourth entry has expired', () => {
    const watched = new WatchedMap(100);
    for (let number = 0; number < 100; number++) {
      watched.map.set(`row:${number}`, 0, number % 4 === 3 ? 10 : Infinity, 1);
    }
    watched.time += 11;
    watched.fill('new', 25);
    expect(watched.removed.filter(({ cause }) => cause === 'evicted')).toEqual([]);
    expect(watched.map.size).toBe(100);
  });
});

describe('the misses of 256 entries, divided by those of lru-cache', () => {
  const streams = Object.entries(MAX_MISS_RATIO) as [KeyStreamName, number][];

  it.each(streams)('are few: %s, at most %d', (name, most) => {
    const keys = keysOf(name, 256, STREAM_LENGTH * 256, 12_345);
    for (const { ours, lru } of missesOf(keys, { maxEntries: 256 }, SEEDS))
      expect(ours / lru).toBeLessThanOrEqual(most);
  });
});

describe('the misses, divided by those of lru-cache,', () => {
  // Far fewer entries than there may be, and entries that expire before they are evicted.
  const limits = {
    bytes: { maxEntries: 20_000, maxBytes: 500 },
    time: { maxEntries: 500, ttl: 2_500 },
  };

  it.each([
    ['bytes', 'zipf 0.9', 0.85],
    ['bytes', 'loop of 1.1 capacities', 0.45],
    ['bytes', 'sliding window', 1.02],
    ['time', 'zipf 0.9', 0.98],
    ['time', 'loop of 1.1 capacities', 0.45],
    ['time', 'sliding window', 1.02],
  ] as const)('are few if the limit is %s instead of entries: %s, at most %d', (limit, name, most) => {
    const keys = keysOf(name, 500, STREAM_LENGTH * 500, 12_345);
    for (const { ours, lru } of missesOf(keys, limits[limit], SEEDS))
      expect(ours / lru).toBeLessThanOrEqual(most);
  });
});
