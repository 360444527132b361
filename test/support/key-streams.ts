import { Random } from './random.js';

/** Returns the number of the key that a step requests. */
type KeyStream = (step: number) => number;

type MakeStream = (capacity: number, random: Random) => KeyStream;

/** Numbers from here on are keys of a second kind: those of scans and loops. */
const OTHERS = 1e8;

/** Requests of keys, as they reach a cache of some capacity. */
const KEY_STREAMS = {
  'zipf 0.9': (capacity, random) => zipf(25 * capacity, 0.9, random),
  'zipf with scans of new keys': (capacity, random) => {
    const popular = zipf(25 * capacity, 0.9, random);
    let scanned = OTHERS;
    return (step) => (step % (6 * capacity) < 4 * capacity ? popular(step) : scanned++);
  },
  'zipf, half one-hit wonders': (capacity, random) => {
    const popular = zipf(10 * capacity, 0.9, random);
    let once = OTHERS;
    return (step) => (random.next() < 0.5 ? popular(step) : once++);
  },
  'loop of 1.1 capacities': (capacity) => (step) => step % Math.floor(1.1 * capacity),
  // Other keys become popular after each 20 capacities.
  'shifting popularity': (capacity, random) => {
    const popular = zipf(10 * capacity, 0.9, random);
    return (step) => popular(step) + Math.floor(step / (20 * capacity)) * 10 * capacity;
  },
  'sliding window': (capacity, random) => (step) =>
    Math.floor(step / 3) + Math.floor(random.next() * 0.8 * capacity),
  // The depth of a key in the LRU stack: up to 3 capacities, or mostly within the capacity.
  'deep LRU stack': (capacity, random) =>
    stack(capacity, random, 0.15, () => Math.floor((3 * capacity) ** random.next()) - 1),
  'shallow LRU stack': (capacity, random) =>
    stack(capacity, random, 0.2, () => Math.floor(random.next() * random.next() * 1.2 * capacity)),
  // Batches of keys that are popular for a while and never requested again.
  bursts: (capacity, random) => {
    const popular = zipf(10 * capacity, 1, random);
    return (step) =>
      step % (10 * capacity) < 6 * capacity
        ? popular(step)
        : OTHERS + Math.floor(step / (10 * capacity)) * capacity + random.below(Math.floor(0.6 * capacity));
  },
} as const satisfies Record<string, MakeStream>;

export type KeyStreamName = keyof typeof KEY_STREAMS;

/** The keys of `length` requests; the same seed gives the same ones. */
export function keysOf(name: KeyStreamName, capacity: number, length: number, seed: number): number[] {
  const stream: KeyStream = KEY_STREAMS[name](capacity, new Random(seed));
  return Array.from({ length }, (_, step) => stream(step));
}

/** Keys whose popularity falls with their rank. */
function zipf(keys: number, exponent: number, random: Random): KeyStream {
  const sums = new Float64Array(keys);
  let sum = 0;
  for (let rank = 0; rank < keys; rank++) sums[rank] = sum += (rank + 1) ** -exponent;
  return () => {
    const wanted = random.next() * sum;
    let [from, to] = [0, keys - 1];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (sums[middle]! < wanted) from = middle + 1;
      else to = middle;
    }
    return from;
  };
}

/** Requests a key by its depth in the LRU stack, the most recent one at depth 0, or a new key. */
function stack(capacity: number, random: Random, newShare: number, depthOf: () => number): KeyStream {
  let keys: number[] = [];
  let made = 0;
  return () => {
    const depth = random.next() < newShare ? Infinity : depthOf();
    const key = depth < keys.length ? keys.splice(keys.length - 1 - depth, 1)[0]! : made++;
    keys.push(key);
    if (keys.length > 6 * capacity) keys = keys.slice(-3 * capacity);
    return key;
  };
}
