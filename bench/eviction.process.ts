import { LRUCache } from 'lru-cache';
import { BoundedMap } from '../src/cache/near/bounded-map.js';
import { copyText } from '../src/cache/near/flat-string.js';
import { keysOf } from '../test/support/key-streams.js';
import { serveOperations, timed } from './support/operations.js';

const CAPACITY = 4096;
const MAX_BYTES = 2 ** 30;
const BYTES = 200;
const TTL_MS = 600_000;
const REQUESTS = 50 * CAPACITY;
// More keys than the cache remembers, so that each is new when it returns.
const NEW_KEYS = 16 * CAPACITY;

interface Cache {
  get(key: string): unknown;
  /** Stores a value under a new key. */
  add(key: string, value: object): void;
  /** Replaces a value. */
  replace(key: string, value: object): void;
}

// Both read the clock once for all operations, so that only the caches are compared.
const clock = { now: () => 1 };
const cache = process.argv[2] === 'ours' ? createOurs() : createLruCache();

const value = {};
const namesOf = (numbers: readonly number[]) => numbers.map((number) => `product:${number}:details`);
const held = namesOf(Array.from({ length: CAPACITY }, (_, number) => number));
const requested = namesOf(keysOf('zipf 0.9', CAPACITY, REQUESTS, 1));
const others = namesOf(Array.from({ length: NEW_KEYS }, (_, number) => 1e9 + number));

/** Visits the keys in an order that is not the one they were set in. */
const visit = (step: number) => held[(step * 1597) % CAPACITY]!;
let made = 0;

function hold(): void {
  for (const key of held) if (cache.get(key) === undefined) cache.add(key, value);
}

serveOperations({
  hit: (repeat) => {
    hold();
    return timed(() => {
      let hits = 0;
      for (let step = 0; step < repeat; step++) if (cache.get(visit(step)) !== undefined) hits++;
      if (hits !== repeat) throw new Error('a key that was set was not found');
      return hits;
    });
  },
  getOrSet: (repeat) =>
    timed(() => {
      let misses = 0;
      for (let step = 0; step < repeat; step++) {
        const key = requested[step % REQUESTS]!;
        if (cache.get(key) !== undefined) continue;
        misses++;
        cache.add(key, value);
      }
      return misses;
    }),
  setNew: (repeat) =>
    timed(() => {
      for (let step = 0; step < repeat; step++) cache.add(others[made++ % NEW_KEYS]!, value);
      return repeat;
    }),
  setAgain: (repeat) => {
    hold();
    return timed(() => {
      for (let step = 0; step < repeat; step++) cache.replace(visit(step), value);
      return repeat;
    });
  },
});

function createOurs(): Cache {
  const map = new BoundedMap<object>({
    maxEntries: CAPACITY,
    maxBytes: MAX_BYTES,
    clock,
    onRemoval: () => undefined,
  });
  const set = (key: string, entry: object) => map.set(key, entry, TTL_MS, BYTES);
  return { get: (key) => map.get(key), add: set, replace: set };
}

/** With the same bounds, and with a flat copy of each new key, which the other one makes itself. */
function createLruCache(): Cache {
  const map = new LRUCache<string, object>({
    max: CAPACITY,
    maxSize: MAX_BYTES,
    ttl: 1,
    perf: clock,
    ttlResolution: 0,
    dispose: () => undefined,
    noDisposeOnSet: true,
  });
  const options = { size: BYTES, ttl: TTL_MS };
  return {
    get: (key) => map.get(key),
    add: (key, entry) => map.set(copyText(key), entry, options),
    replace: (key, entry) => map.set(key, entry, options),
  };
}
