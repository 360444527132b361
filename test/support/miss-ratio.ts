import { LRUCache } from 'lru-cache';
import { BoundedMap } from '../../src/cache/near/bounded-map.js';

interface Cache {
  get(key: string): unknown;
  set(key: string): void;
}

/** The misses of a near cache with this seed, and those of lru-cache. */
export interface Misses {
  readonly ours: number;
  readonly lru: number;
}

/** Requests keys from an empty cache, which stores what it does not find, and counts the misses. */
export function missesOf(keys: readonly number[], capacity: number, seeds: readonly number[]): Misses[] {
  const names = keys.map((key) => `row:${key}`);
  const lruCache = new LRUCache<string, true>({ max: capacity });
  const lru = count(names, { get: (key) => lruCache.get(key), set: (key) => lruCache.set(key, true) });
  return seeds.map((seed) => {
    const map = new BoundedMap<true>({
      maxEntries: capacity,
      maxBytes: Infinity,
      clock: performance,
      seed,
    });
    const ours = count(names, {
      get: (key) => map.get(key),
      set: (key) => map.set(key, true, Infinity, 1),
    });
    return { ours, lru };
  });
}

function count(keys: readonly string[], cache: Cache): number {
  let misses = 0;
  for (const key of keys) {
    if (cache.get(key) !== undefined) continue;
    misses++;
    cache.set(key);
  }
  return misses;
}
