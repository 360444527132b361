import { EventEmitter } from 'node:events';
import type { BoundedStore, RawEntry } from './bounded.store.js';
import { keyOf, ttlOf } from './cache-arguments.js';

type Key = string | number;

interface Item {
  readonly key: Key;
  readonly value: unknown;
  readonly ttl?: number | undefined;
}

/**
 * The cache as cache-manager and `cache.stores[0]` see it: the methods of a Keyv that read, write and list, each returning
 * a promise. It is an event emitter because a Keyv is one, but emits nothing: faults of the shared cache are logged and
 * counted, and never reach the caller.
 */
export class KeyvStore extends EventEmitter {
  // Fields of a Keyv that its users read.
  readonly opts = {};
  readonly hooks = {};
  readonly stats = {};

  // A private name, so that printing the store does not print its entries.
  readonly #store: BoundedStore;

  constructor(store: BoundedStore) {
    super();
    this.#store = store;
  }

  async get(key: Key | readonly Key[], options?: { readonly raw?: boolean }): Promise<unknown> {
    if (Array.isArray(key)) return options?.raw === true ? this.getManyRaw(key) : this.getMany(key);
    const name = keyOf(key);
    return options?.raw === true ? this.#store.get(name, { raw: true }) : this.#store.get(name);
  }

  async getRaw(key: Key): Promise<RawEntry | undefined> {
    return this.#store.get(keyOf(key), { raw: true });
  }

  async getMany(keys: readonly Key[], options?: { readonly raw?: boolean }): Promise<unknown[]> {
    return options?.raw === true ? this.getManyRaw(keys) : this.#store.getMany(keys.map(keyOf));
  }

  async getManyRaw(keys: readonly Key[]): Promise<(RawEntry | undefined)[]> {
    return Promise.all(keys.map((key) => this.getRaw(key)));
  }

  /** @param ttl milliseconds, 0 for an entry that does not expire. Default: CACHE_TTL_SECONDS. */
  async set(key: Key | readonly Item[], value?: unknown, ttl?: number): Promise<boolean | boolean[]> {
    if (Array.isArray(key)) return this.setMany(key as readonly Item[]);
    return this.#store.set(keyOf(key), value, ttl === undefined ? undefined : ttlOf(ttl));
  }

  async setMany(list: readonly Item[]): Promise<boolean[]> {
    const items = list.map(({ key, value, ttl }) => ({
      key: keyOf(key),
      value,
      ...(ttl === undefined ? {} : { ttl: ttlOf(ttl) }),
    }));
    return this.#store.setMany(items);
  }

  async delete(key: Key | readonly Key[]): Promise<boolean> {
    return Array.isArray(key) ? this.deleteMany(key) : this.#store.delete(keyOf(key));
  }

  async deleteMany(keys: readonly Key[]): Promise<boolean> {
    return this.#store.deleteMany(keys.map(keyOf));
  }

  async has(key: Key | readonly Key[]): Promise<boolean | boolean[]> {
    return Array.isArray(key) ? this.hasMany(key) : this.#store.has(keyOf(key));
  }

  async hasMany(keys: readonly Key[]): Promise<boolean[]> {
    return Promise.all(keys.map(async (key) => this.#store.has(keyOf(key))));
  }

  async clear(): Promise<void> {
    await this.#store.clear();
  }

  async disconnect(): Promise<void> {
    this.#store.disconnect();
  }

  /** Keys and values in this process, most recently used first. Listing does not mark them as used. */
  iterator(_namespace?: string): AsyncGenerator<[string, unknown]> {
    return this.#store.iterator();
  }
}
