import { LRUCache } from 'lru-cache';
import { BoundedMap } from '../../src/cache/near/bounded-map.js';

interface Cache {
  get(key: string): unknown;
  set(key: string): void;
}

/** The misses of a near cache with one seed, and those of lru-cache. */
interface Misses {
  readonly ours: number;
  readonly lru: number;
}

interface Limits {
  readonly maxEntries: number;
  /** Each entry has one byte. */
  readonly maxBytes?: number;
  /** The lifetime of an entry, in requests. */
  readonly ttl?: number;
}

/** Requests keys from an empty cache, which stores what it does not find, and counts the misses: one result for each seed. */
export function missesOf(
  keys: readonly number[],
  { maxEntries, maxBytes = Number.MAX_SAFE_INTEGER, ttl = Infinity }: Limits,
  seeds: readonly number[],
): Misses[] {
  const names = keys.map((key) => `row:${key}`);
  let requests = 0;
  const clock = { now: () => requests };

  function count(cache: Cache): number {
    let misses = 0;
    requests = 0;
    for (const name of names) {
      requests++;
      if (cache.get(name) !== undefined) continue;
      misses++;
      cache.set(name);
    }
    return misses;
  }

  const options = { size: 1, ttl: ttl === Infinity ? 0 : ttl };
  const lruCache = new LRUCache<string, true>({
    max: maxEntries,
    maxSize: maxBytes,
    ttl: 1,
    ttlResolution: 0,
    perf: clock,
  });
  const lru = count({ get: (key) => lruCache.get(key), set: (key) => lruCache.set(key, true, options) });
  return seeds.map((seed) => {
    const map = new BoundedMap<true>({ maxEntries, maxBytes, clock, seed });
    const ours = count({ get: (key) => map.get(key), set: (key) => map.set(key, true, ttl, 1) });
    return { ours, lru };
  });
}
