import { BriefMap } from '../../common/brief-map.js';
import type { NearStore } from '../near/near.store.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import { decodeEntry, isTombstone } from './shared-entry.js';
import { SharedLookup } from './shared-lookup.js';
import type { SharedTier } from './shared.tier.js';
import type { StaleKeyRepair } from './stale-key-repair.js';

/** Reads of a key that keeps changing, before the lookup is given up. */
const MAX_READS = 3;

/** Reads from the shared tier. Concurrent lookups of a key share one read. */
export class SharedReader {
  readonly counts = { hits: 0, misses: 0, corrupt: 0 };

  private readonly lookups = new BriefMap<string, Promise<SharedLookup | undefined>>();
  /** Keys that have changed during their lookup. */
  private readonly invalidated = new Set<string>();

  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    private readonly repair: StaleKeyRepair,
    private readonly near: NearStore,
  ) {}

  /** Looks a key up, and stores its entry in this process; undefined if the tier does not answer or may be stale. */
  lookup(key: string): Promise<SharedLookup | undefined> {
    if (this.repair.isPending(key)) return Promise.resolve(undefined);
    const present = this.lookups.get(key);
    if (present !== undefined) return present;
    if (!this.breaker.mayAnswer) return Promise.resolve(undefined);
    const lookup = this.read(key);
    this.lookups.set(key, lookup);
    return lookup;
  }

  /** A key has changed, or all keys have: lookups in progress may have the old value, so they read again. */
  invalidate(key?: string): void {
    if (key === undefined) for (const each of this.lookups.keys()) this.invalidated.add(each);
    else if (this.lookups.has(key)) this.invalidated.add(key);
  }

  private async read(key: string): Promise<SharedLookup | undefined> {
    try {
      for (let reads = 1; ; reads++) {
        this.invalidated.delete(key);
        const answer = await this.breaker.run(() => this.tier.get(key));
        if (answer === undefined) return undefined;
        if (!this.invalidated.has(key)) return this.toLookup(key, answer.value);
        if (reads === MAX_READS) return new SharedLookup(answer.value, false);
      }
    } finally {
      this.invalidated.delete(key);
      this.lookups.delete(key);
    }
  }

  private toLookup(key: string, bytes: Buffer | null): SharedLookup {
    const isRemoved = bytes !== null && isTombstone(bytes);
    const found = bytes === null || isRemoved ? undefined : decodeEntry(key, bytes);
    if (bytes !== null && !isRemoved && found === undefined) this.counts.corrupt++;
    const now = Date.now();
    if (found === undefined || found.expires <= now) {
      this.counts.misses++;
      return new SharedLookup(bytes, isRemoved);
    }
    const { value, freshUntil, expires, tags = [] } = found;
    this.counts[freshUntil > now ? 'hits' : 'misses']++;
    const grace = freshUntil === Infinity ? 0 : expires - freshUntil;
    const lifetime = { fresh: freshUntil - now, grace, maxAge: this.tier.maxAge, tags };
    const entry = this.near.keep(key, value, lifetime);
    return new SharedLookup(bytes, false, { entry, freshUntil, expires, tags });
  }
}
