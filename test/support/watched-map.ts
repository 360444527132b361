import { BoundedMap } from '../../src/cache/near/bounded-map.js';

interface Removal {
  readonly key: string;
  readonly value: number;
  readonly cause: 'evicted' | 'expired';
}

/** A bounded map whose clock stands still until a test moves it, and the removals that it reports. */
export class WatchedMap {
  time = 1_000;
  readonly removed: Removal[] = [];
  readonly map: BoundedMap<number>;

  constructor(maxEntries: number, maxBytes = Infinity, seed = 1) {
    this.map = new BoundedMap<number>({
      maxEntries,
      maxBytes,
      clock: { now: () => this.time },
      onRemoval: (key, value, cause) => this.removed.push({ key, value, cause }),
      seed,
    });
  }

  /** Stores entries of one byte under numbered keys, and returns the keys. */
  fill(prefix: string, count: number, ttl = Infinity): string[] {
    const keys = Array.from({ length: count }, (_, number) => `${prefix}:${number}`);
    for (const key of keys) this.map.set(key, 0, ttl, 1);
    return keys;
  }

  /** How many of these keys have an entry. */
  held(keys: readonly string[]): number {
    return keys.filter((key) => this.map.has(key)).length;
  }
}
