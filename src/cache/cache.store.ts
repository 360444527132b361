import { EventEmitter } from 'node:events';
import { keyOf, shownKey, ttlOf } from './cache-arguments.js';
import type { CacheEngine } from './cache.engine.js';
import { isTagKey } from './tags/tag-key.js';

type Key = string | number;

interface Item {
  readonly key: Key;
  readonly value: unknown;
  readonly ttl?: number | undefined;
}

/** An entry with its expiry, as cache-manager reads it for `wrap` and `ttl`. */
interface RawEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; absent if the entry does not expire. */
  readonly expires?: number;
}

/**
 * The cache as cache-manager and `cache.stores[0]` see it: the methods of a Keyv that read, write and list, each returning
 * a promise. It is an event emitter because a Keyv is one, but emits nothing: faults of the shared cache are logged and
 * counted, and never reach the caller.
 */
export class CacheStore extends EventEmitter {
  // Fields of a Keyv that its users read.
  readonly opts = {};
  readonly hooks = {};
  readonly stats = {};

  // A private name, so that printing the store does not print its entries.
  readonly #engine: CacheEngine;

  constructor(engine: CacheEngine) {
    super();
    this.#engine = engine;
  }

  async get(key: Key | readonly Key[], options?: { readonly raw?: boolean }): Promise<unknown> {
    if (Array.isArray(key)) return this.getMany(key, options);
    if (options?.raw === true) return this.getRaw(key as Key);
    const name = keyOf(key);
    const value = this.#engine.find(name);
    return value === undefined ? this.#engine.fetch(name)?.then((found) => found?.value) : value;
  }

  async getRaw(key: Key): Promise<RawEntry | undefined> {
    const name = keyOf(key);
    const value = this.#engine.find(name);
    if (value !== undefined) return toRawEntry(value, this.#engine.near.remaining(name));
    const found = await this.#engine.fetch(name);
    return found && toRawEntry(found.value, found.remaining);
  }

  async getMany(keys: readonly Key[], options?: { readonly raw?: boolean }): Promise<unknown[]> {
    if (options?.raw === true) return this.getManyRaw(keys);
    return Promise.all(keys.map(keyOf).map((name) => this.get(name)));
  }

  async getManyRaw(keys: readonly Key[]): Promise<(RawEntry | undefined)[]> {
    return Promise.all(keys.map((key) => this.getRaw(key)));
  }

  /** @param ttl milliseconds, 0 for an entry that does not expire. Default: CACHE_TTL_SECONDS. */
  async set(key: Key | readonly Item[], value?: unknown, ttl?: number): Promise<boolean | boolean[]> {
    if (Array.isArray(key)) return this.setMany(key as readonly Item[]);
    return this.#engine.set(keyOf(key), value, ttl === undefined ? undefined : ttlOf(ttl));
  }

  async setMany(list: readonly Item[]): Promise<boolean[]> {
    // All arguments are checked before the first value is stored.
    const items = list.map(({ key, value, ttl }) => ({
      key: keyOf(key),
      value,
      ttl: ttl === undefined ? undefined : ttlOf(ttl),
    }));
    return Promise.all(items.map(async ({ key, value, ttl }) => this.#engine.set(key, value, ttl)));
  }

  async delete(key: Key | readonly Key[]): Promise<boolean> {
    return this.deleteMany(Array.isArray(key) ? key : [key as Key]);
  }

  async deleteMany(keys: readonly Key[]): Promise<boolean> {
    return this.#engine.delete(keys.map(keyOf));
  }

  async has(key: Key | readonly Key[]): Promise<boolean | boolean[]> {
    return Array.isArray(key) ? this.hasMany(key) : this.#engine.has(keyOf(key));
  }

  async hasMany(keys: readonly Key[]): Promise<boolean[]> {
    return Promise.all(keys.map(async (key) => this.#engine.has(keyOf(key))));
  }

  async clear(): Promise<void> {
    await this.#engine.clear();
  }

  async disconnect(): Promise<void> {
    this.#engine.near.stop();
    await this.#engine.onApplicationShutdown();
  }

  /** Keys and values in this process, the next to be evicted last. Listing does not count as a use. */
  async *iterator(_namespace?: string): AsyncGenerator<[string, unknown]> {
    for (const [key, value] of this.#engine.near) if (!isTagKey(key)) yield [shownKey(key), value];
  }
}

function toRawEntry(value: unknown, remaining: number): RawEntry {
  return remaining === Infinity ? { value } : { value, expires: Date.now() + remaining };
}
