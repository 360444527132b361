import { randomBytes } from 'node:crypto';
import type { SharedCache } from '../far/shared.cache.js';
import { type EntryTag, valueOf } from '../near/cache-entry.js';
import type { Lifetime } from '../near/lifetime.js';
import type { NearCache } from '../near/near.cache.js';

const GENERATION_BYTES = 12;
const DAY_MS = 86_400_000;
/** A tag lives this many times as long as the entry for which it was created, so that it rarely ends an entry. */
const LIFETIMES = 10;

/**
 * The generations of tags. A generation is a random text under the key of its tag, cached like any entry. An entry holds the
 * generations that its tags had before its source was read, and is valid while they are the same. Removing a tag therefore
 * ends all its entries, also those that are still being loaded; if a tag is evicted, its entries are only misses. No clock
 * is compared.
 */
export class TagGenerations {
  /** The tags that are being fetched or created. */
  private readonly pending = new Map<string, Promise<string>>();

  constructor(
    private readonly near: NearCache,
    private readonly far: SharedCache | undefined,
  ) {}

  /**
   * Reads the generations of tags, and creates the missing ones. Call it before the source is read: synchronous if all of
   * them are in this process.
   *
   * @param ms the milliseconds for which the entry is valid
   */
  read(keys: readonly string[], ms: number): readonly EntryTag[] | Promise<readonly EntryTag[]> {
    const { far } = this;
    const lifetime = { fresh: Math.max(DAY_MS, ms * LIFETIMES), grace: 0 };
    const isKnown = far === undefined || keys.every((key) => this.near.has(key) && !this.pending.has(key));
    if (isKnown) return keys.map((key) => [key, this.find(key) ?? this.create(key, lifetime)]);
    return Promise.all(keys.map(async (key) => [key, await this.share(key, lifetime, far)] as const));
  }

  /** Whether an entry of the far cache is valid: this process looks up the tags that it does not hold. */
  async areCurrent(tags: readonly EntryTag[]): Promise<boolean> {
    const missing = tags.filter(([key]) => !this.near.has(key));
    await Promise.all(missing.map(async ([key]) => this.far?.lookup(key)));
    return this.near.areCurrent(tags);
  }

  private find(key: string): string | undefined {
    return this.near.find(key) as string | undefined;
  }

  private create(key: string, lifetime: Lifetime): string {
    const generation = newGeneration();
    this.near.keep(key, generation, lifetime);
    return generation;
  }

  /**
   * Concurrent loads wait for one creation. A source that is read before the server has the generation could be older than an
   * invalidation that the server gets first.
   */
  private share(key: string, lifetime: Lifetime, far: SharedCache): Promise<string> | string {
    const known = this.pending.get(key) ?? this.find(key);
    if (known !== undefined) return known;
    const fetching = this.fetchOrCreate(key, lifetime, far).finally(() => this.pending.delete(key));
    this.pending.set(key, fetching);
    return fetching;
  }

  private async fetchOrCreate(key: string, lifetime: Lifetime, far: SharedCache): Promise<string> {
    const before = await far.lookup(key);
    // Also if this process cannot hold it.
    const found = this.find(key) ?? valueOf(before?.freshEntry);
    if (typeof found === 'string') return found;
    const generation = newGeneration();
    await far.setLoaded(key, generation, lifetime, before);
    // If it could not be stored, this one is unknown to all, and the entry is a miss.
    return this.find(key) ?? generation;
  }
}

function newGeneration(): string {
  return randomBytes(GENERATION_BYTES).toString('base64url');
}
