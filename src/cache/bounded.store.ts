import { LRUCache } from 'lru-cache';
import type { CacheConfig } from '../config/cache.config.js';
import { CacheWarnings } from './cache-warnings.js';
import { CoarseClock } from './coarse-clock.js';
import { FrozenCopy } from './frozen-copy.js';
import { KeptValue, valueOf } from './kept-value.js';

/** An entry with its expiry, as cache-manager reads it for `wrap` and `ttl`. */
interface RawEntry {
  readonly value: unknown;
  /** Milliseconds since the epoch; absent where the entry does not expire. */
  readonly expires?: number;
}

// An entry's place in the maps and arrays of the list, beside its key and its value.
const ENTRY_BYTES = 128;
const SWEEP_MS = 30_000;

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
  private readonly clock = new CoarseClock();
  // One for all calls: the list reads it before it returns.
  private readonly setting: LRUCache.SetOptions<string, {}, unknown> = { size: 0, ttl: 0 };
  private readonly warnings = new CacheWarnings();
  private sweeper: NodeJS.Timeout | undefined;
  /** Told of every entry that is set or removed, and of a clearing without a key. */
  changed: (key?: string) => void = () => undefined;
  private disconnected = false;

  constructor({ ttlSeconds, maxEntries, maxBytes }: CacheConfig) {
    this.ttl = ttlSeconds * 1000;
    this.maxBytes = maxBytes;
    this.entries = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      ttl: this.ttl,
      perf: this.clock,
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
    if (kept === undefined || !this.isFresh(kept)) {
      this.counts.misses++;
      return undefined;
    }
    this.counts.hits++;
    const value = valueOf(kept);
    if (options === undefined) return value;
    const remaining = this.remaining(key, kept);
    return remaining === Infinity ? { value } : { value, expires: Date.now() + remaining };
  }

  /** A fresh value; looking at it counts as no use. */
  peek(key: string): unknown {
    const kept = this.entries.peek(key);
    return kept !== undefined && this.isFresh(kept) ? valueOf(kept) : undefined;
  }

  /** A value that is past its time, in its grace. */
  getStale(key: string): { readonly value: unknown } | undefined {
    const kept = this.entries.peek(key);
    return kept === undefined || this.isFresh(kept) ? undefined : { value: valueOf(kept) };
  }

  /** Milliseconds for which an entry is still fresh: 0 where there is none, Infinity where it does not expire. */
  remainingTtl(key: string): number {
    const kept = this.entries.peek(key);
    return kept === undefined ? 0 : Math.max(0, this.remaining(key, kept));
  }

  getMany(keys: readonly string[]): unknown[] {
    return keys.map((key) => this.get(key));
  }

  has(key: string): boolean {
    const kept = this.entries.peek(key);
    return kept !== undefined && this.isFresh(kept);
  }

  /**
   * Keeps a frozen copy for `ttl` milliseconds, 0 for no end. A value that cannot be copied or does not fit is
   * counted and not kept, nor is the one it would have replaced. For `grace` milliseconds more `getStale` finds it.
   */
  set(key: string, value: unknown, ttl: number = this.ttl, grace = 0): boolean {
    this.changed(key);
    // A ttl below 0, or NaN, names no time at which the value could be served.
    if (value === undefined || !(ttl >= 0)) return this.drop(key);
    try {
      const copy = new FrozenCopy(value, this.maxBytes - ENTRY_BYTES - 2 * key.length);
      const size = copy.bytes + ENTRY_BYTES + 2 * key.length;
      this.setting.size = size;
      this.setting.ttl = ttl === Infinity ? 0 : ttl + grace;
      const freshUntil = grace > 0 ? this.clock.now() + ttl : Infinity;
      const isPlain = freshUntil === Infinity && !copy.thawed;
      const entry = isPlain ? (copy.value as {}) : new KeptValue(copy.value, copy.thawed, freshUntil);
      this.entries.set(key, entry, this.setting);
      if (copy.flattened !== undefined) this.warnings.flattened(copy.flattened);
    } catch (error) {
      this.counts.rejections++;
      this.warnings.rejected(key, error);
      return this.drop(key);
    }
    if (!this.disconnected) this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return true;
  }

  setMany(list: readonly { key: string; value: unknown; ttl?: number }[]): boolean[] {
    return list.map(({ key, value, ttl }) => this.set(key, value, ttl));
  }

  delete(key: string): boolean {
    this.changed(key);
    return this.entries.delete(key);
  }

  deleteMany(keys: readonly string[]): boolean {
    return keys.map((key) => this.delete(key)).some(Boolean);
  }

  clear(): void {
    this.changed();
    this.entries.clear();
  }

  /** Entries stay: requests that are still being answered when Nest disconnects its stores need them. */
  disconnect(): void {
    this.disconnected = true;
    this.rest();
  }

  /** Keys and values, the most recently used first. Listing them counts as no use. */
  async *iterator(): AsyncGenerator<[string, unknown]> {
    for (const [key, kept] of Array.from(this.entries.entries())) {
      if (this.isFresh(kept)) yield [key, valueOf(kept)];
    }
  }

  /** Nothing in this process fails in the background, so no event is ever emitted. */
  on(): this {
    return this;
  }

  private isFresh(kept: {}): boolean {
    return !(kept instanceof KeptValue) || kept.freshUntil === Infinity || this.clock.now() < kept.freshUntil;
  }

  private remaining(key: string, kept: {}): number {
    return kept instanceof KeptValue && kept.freshUntil !== Infinity
      ? kept.freshUntil - this.clock.now()
      : this.entries.getRemainingTTL(key);
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
}
