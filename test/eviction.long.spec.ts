import { describe, expect, it } from 'vitest';
import { MAX_MISS_RATIO, SEEDS, STREAM_LENGTH } from './support/eviction-goals.js';
import { keysOf, type KeyStreamName } from './support/key-streams.js';
import { missesOf } from './support/miss-ratio.js';

const CAPACITY = 4096;

describe('the misses of 4096 entries, divided by those of lru-cache', () => {
  const streams = Object.entries(MAX_MISS_RATIO) as [KeyStreamName, number][];

  it.each(streams)('are few: %s, at most %d', (name, most) => {
    const keys = keysOf(name, CAPACITY, STREAM_LENGTH * CAPACITY, 12_345);
    for (const { ours, lru } of missesOf(keys, { maxEntries: CAPACITY }, SEEDS))
      expect(ours / lru).toBeLessThanOrEqual(most);
  });
});
