import type { CacheEngine } from '../cache.engine.js';
import type { SharedLookup } from '../far/shared-lookup.js';
import type { EntryTag } from '../near/cache-entry.js';
import { FrozenCopy } from '../near/frozen-copy.js';
import type { Lifetime } from '../near/lifetime.js';
import { type LoadPlan, type StoragePlan, lifetimeOf } from './load-plan.js';

const NO_LIFETIME: Lifetime = { fresh: 0, grace: 0 };

/** Stores the values of `LoadingCache`. A value without a lifetime is not stored, and its key is removed. */
export class ValueStorage {
  constructor(private readonly engine: CacheEngine) {}

  /** @param tags their generations before the value was read */
  async set(key: string, value: unknown, plan: StoragePlan, tags: readonly EntryTag[]): Promise<boolean> {
    const lifetime = this.lifetimeOf(key, value, plan, tags);
    if (lifetime !== undefined) return this.engine.store(key, value, lifetime);
    await this.engine.delete([key]);
    return false;
  }

  /**
   * Stores a loaded value, and returns whether callers can read it from the cache.
   *
   * @param tags their generations before the load
   * @param before the lookup in the far cache that preceded the load
   */
  async setLoaded(
    key: string,
    value: unknown,
    plan: LoadPlan,
    tags: readonly EntryTag[],
    before: SharedLookup | undefined,
  ): Promise<boolean> {
    const lifetime = this.lifetimeOf(key, value, plan, tags);
    const [stored, limits] = lifetime === undefined ? [undefined, NO_LIFETIME] : [value, lifetime];
    return this.engine.setLoaded(key, stored, limits, before, plan.isForced ? 'remove' : 'accept');
  }

  private lifetimeOf(
    key: string,
    value: unknown,
    plan: StoragePlan,
    tags: readonly EntryTag[],
  ): Lifetime | undefined {
    try {
      return lifetimeOf(value, plan, tags);
    } catch {
      this.engine.near.counts.rejections++;
      this.engine.near.warnings.warnTtl(key);
      return undefined;
    }
  }
}

/** What a caller would read from a cache that had stored the value. */
export function frozenCopyOf(value: unknown): unknown {
  try {
    return new FrozenCopy(value, Infinity).value;
  } catch {
    return value;
  }
}
