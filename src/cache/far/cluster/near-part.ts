import type { Lifetime } from '../../near/lifetime.js';
import type { NearCache } from '../../near/near.cache.js';
import type { NearStore } from '../../near/near.store.js';

/** With more entries, filtering them takes longer than reading the dropped ones again. */
const MAX_FILTERED = 50_000;

/** The entries of one master of a cluster in the near cache. */
export class NearPart implements NearStore {
  /**
   * @param maxAgeOf milliseconds for which an entry of a key may be stored that was read from this master; undefined if the
   * key belongs to another one
   */
  constructor(
    private readonly near: NearCache,
    private readonly maxAgeOf: (key: string) => number | undefined,
  ) {}

  get counts(): NearCache['counts'] {
    return this.near.counts;
  }

  get warnings(): NearCache['warnings'] {
    return this.near.warnings;
  }

  get clearCount(): number {
    return this.near.clearCount;
  }

  keep(key: string, value: unknown, lifetime: Lifetime): unknown {
    const { maxAge = Infinity } = lifetime;
    // 1 ms: only this caller gets the entry.
    return this.near.keep(key, value, { ...lifetime, maxAge: Math.min(maxAge, this.maxAgeOf(key) ?? 1) });
  }

  delete(keys: readonly string[]): boolean {
    return this.near.delete(keys);
  }

  /** All entries: a clear affects every master. */
  clear(): void {
    this.near.clear();
  }

  dropAll(): void {
    dropWhere(this.near, (key) => this.maxAgeOf(key) !== undefined);
  }
}

/** Drops the entries of some keys, or all entries if there are many. */
export function dropWhere(near: NearCache, isDropped: (key: string) => boolean): void {
  if (near.size > MAX_FILTERED) near.dropAll();
  else near.delete([...near.keys()].filter(isDropped));
}
