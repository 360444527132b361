import { Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { CacheConfig } from '../config/cache.config.js';
import { CoarseClock } from './coarse-clock.js';
import { FrozenCopy, UncacheableValue } from './frozen-copy.js';
import { keyPrefix } from './key-prefix.js';

/** An entry with its expiry, as cache-manager reads it for `wrap` and `ttl`. */
interface RawEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; absent where the entry does not expire. */
  readonly expires?: number;
}

// An entry's place in the maps and arrays of the list, beside its key and its value.
const ENTRY_BYTES = 128;
const SWEEP_MS = 30_000;
const MAX_WARNINGS = 100;

/** A value that is not frozen all through, so that each reader gets a copy. */
class Thawed {
  constructor(private readonly value: unknown) {}

  copy(): unknown {
    return new FrozenCopy(this.value, Infinity).value;
  }
}

function valueOf(kept: unknown): unknown {
  return kept instanceof Thawed ? kept.copy() : kept;
}

/**
 * The cache in this process: bounded by entries, by bytes and by time. It has the methods that cache-manager calls
 * on a store, and answers at once instead of with a promise.
 */
export class BoundedStore {
  // Nest wraps a store without these three in a Keyv, which would cost half of the speed.
  readonly opts = {};
  readonly hooks = {};
  readonly stats = {};

  readonly counts = { hits: 0, misses: 0, evictions: 0, expirations: 0, rejections: 0 };
  /** Milliseconds an entry lives that is set without a ttl of its own. */
  readonly ttl: number;

  private readonly maxBytes: number;
  private readonly entries: LRUCache<string, {}>;
  // One for all calls: the list reads it before it returns.
  private readonly setting: LRUCache.SetOptions<string, {}, unknown> = { size: 0, ttl: 0 };
  private readonly logger = new Logger('Cache');
  private readonly warned = new Set<string>();
  private sweeper: NodeJS.Timeout | undefined;
  private disconnected = false;

  constructor({ ttlSeconds, maxEntries, maxBytes }: CacheConfig) {
    this.ttl = ttlSeconds * 1000;
    this.maxBytes = maxBytes;
    this.entries = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      ttl: this.ttl,
      perf: new CoarseClock(),
      ttlResolution: 0,
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') this.counts.evictions++;
        else if (reason === 'expire') this.counts.expirations++;
      },
      noDisposeOnSet: true,
    });
  }

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.entries.calculatedSize;
  }

  get(key: string): unknown;
  get(key: string, options: { raw: true }): RawEntry | undefined;
  get(key: string, options?: { raw: true }): unknown {
    const kept = this.entries.get(key);
    if (kept === undefined) {
      this.counts.misses++;
      return undefined;
    }
    this.counts.hits++;
    const value = valueOf(kept);
    if (options === undefined) return value;
    const remaining = this.entries.getRemainingTTL(key);
    return remaining === Infinity ? { value } : { value, expires: Date.now() + remaining };
  }

  getMany(keys: readonly string[]): unknown[] {
    return keys.map((key) => this.get(key));
  }

  has(key: string): boolean {
    return this.entries.has(key);
  }

  /**
   * Keeps a frozen copy for `ttl` milliseconds, 0 for no end. A value that cannot be copied or does not fit is
   * counted and not kept, nor is the one it would have replaced.
   */
  set(key: string, value: unknown, ttl: number = this.ttl): boolean {
    // A ttl below 0, or NaN, names no time at which the value could be served.
    if (value === undefined || !(ttl >= 0)) return this.drop(key);
    try {
      const copy = new FrozenCopy(value, this.maxBytes - ENTRY_BYTES - 2 * key.length);
      const size = copy.bytes + ENTRY_BYTES + 2 * key.length;
      this.setting.size = size;
      this.setting.ttl = ttl === Infinity ? 0 : ttl;
      this.entries.set(key, copy.thawed ? new Thawed(copy.value) : (copy.value as {}), this.setting);
      if (copy.flattened !== undefined) this.tellOfClass(copy.flattened);
    } catch (error) {
      this.reject(key, error);
      return this.drop(key);
    }
    if (!this.disconnected) this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return true;
  }

  setMany(list: readonly { key: string; value: unknown; ttl?: number }[]): boolean[] {
    return list.map(({ key, value, ttl }) => this.set(key, value, ttl));
  }

  delete(key: string): boolean {
    return this.entries.delete(key);
  }

  deleteMany(keys: readonly string[]): boolean {
    return keys.map((key) => this.delete(key)).some(Boolean);
  }

  clear(): void {
    this.entries.clear();
  }

  /** Entries stay: requests that are still being answered when Nest disconnects its stores need them. */
  disconnect(): void {
    this.disconnected = true;
    this.rest();
  }

  /** Keys and values, the most recently used first. Listing them counts as no use. */
  async *iterator(): AsyncGenerator<[string, unknown]> {
    for (const [key, kept] of Array.from(this.entries.entries())) yield [key, valueOf(kept)];
  }

  /** Nothing in this process fails in the background, so no event is ever emitted. */
  on(): this {
    return this;
  }

  /** Takes expired entries out that nobody reads; rests while there is nothing to take out. */
  private sweep(): void {
    this.entries.purgeStale();
    if (this.entries.size === 0) this.rest();
  }

  private rest(): void {
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }

  private drop(key: string): false {
    this.entries.delete(key);
    return false;
  }

  private reject(key: string, error: unknown): void {
    this.counts.rejections++;
    const prefix = keyPrefix(key);
    const reason = error instanceof UncacheableValue ? error.message : 'one that fails while it is read';
    this.warnOnce(
      prefix,
      `A value was not cached under ${prefix}…: it is ${reason}. Said once for this prefix.`,
    );
  }

  // A serializer that finds no class on a hit leaves out nothing that @Exclude() hides.
  private tellOfClass(name: string): void {
    // No class of the application: from another realm, or without a name to tell.
    if (name === 'Object' || name === '') return;
    this.warnOnce(
      `class ${name}`,
      `An instance of ${name} was cached as plain data: its methods and decorators such as @Exclude() are not kept. ` +
        'List CacheInterceptor before ClassSerializerInterceptor, or cache plain data. Said once for this class.',
    );
  }

  private warnOnce(subject: string, text: string): void {
    if (this.warned.has(subject) || this.warned.size >= MAX_WARNINGS) return;
    this.warned.add(subject);
    this.logger.warn(text);
  }
}
