import type { KeyStreamName } from './key-streams.js';

/** The most misses, divided by those of lru-cache. */
export const MAX_MISS_RATIO: Readonly<Record<KeyStreamName, number>> = {
  'zipf 0.9': 0.85,
  'zipf with scans of new keys': 0.9,
  'zipf, half one-hit wonders': 0.9,
  'loop of 1.1 capacities': 0.45,
  'shifting popularity': 1,
  // LRU is close to the best order for these.
  'sliding window': 1.02,
  'deep LRU stack': 1.02,
  'shallow LRU stack': 1.02,
  bursts: 1.02,
};

export const SEEDS = [1, 2, 3];
/** The length of a stream, in capacities. */
export const STREAM_LENGTH = 150;
