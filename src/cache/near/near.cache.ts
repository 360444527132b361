import { BoundedMap } from './bounded-map.js';
import { CacheEntry, type EntryTag, NO_TAGS, tagBytes, valueOf } from './cache-entry.js';
import { CacheWarnings } from './cache-warnings.js';
import { CoarseClock } from './coarse-clock.js';
import { FrozenCopy } from './frozen-copy.js';
import type { Lifetime, Stale } from './lifetime.js';

// The memory of an entry in a bounded map, without key and value: 100 to 180 bytes, depending on when its tables have grown.
const ENTRY_BYTES = 192;
// The size of a CacheEntry.
const NOTE_BYTES = 64;
const SWEEP_MS = 30_000;

/** The cache in this process: frozen copies, bounded by number, bytes and time. All its methods are synchronous. */
export class NearCache {
  readonly counts = { rejections: 0, evictions: 0, expirations: 0 };
  readonly warnings = new CacheWarnings();
  /** How often the cache was cleared. */
  clearCount = 0;

  private readonly clock = new CoarseClock();
  private readonly entries: BoundedMap<{}>;
  private sweeper: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    maxEntries: number,
    readonly maxBytes: number,
  ) {
    this.entries = new BoundedMap({
      maxEntries,
      maxBytes,
      clock: this.clock,
      onRemoval: (_key, _entry, cause) => {
        this.counts[cause === 'evicted' ? 'evictions' : 'expirations']++;
      },
    });
  }

  /** The maximum number of entries. */
  get capacity(): number {
    return this.entries.maxEntries;
  }

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.entries.bytes;
  }

  /** The order in which entries are evicted at the moment. */
  get evictionOrder(): 'lru' | 'frequency' {
    return this.entries.isLru ? 'lru' : 'frequency';
  }

  /** A fresh value. */
  find(key: string): unknown {
    const entry = this.entries.get(key);
    return entry !== undefined && this.isFresh(entry) ? valueOf(entry) : undefined;
  }

  /** A fresh value, which does not count as a use. */
  peek(key: string): unknown {
    const entry = this.entries.peek(key);
    return entry !== undefined && this.isFresh(entry) ? valueOf(entry) : undefined;
  }

  /** A stale value within its grace period. */
  stale(key: string): Stale | undefined {
    const entry = this.entries.peek(key);
    if (entry === undefined || this.isFresh(entry) || !this.isValid(entry)) return undefined;
    return { value: valueOf(entry), staleMs: this.clock.now() - (entry as CacheEntry).freshUntil! };
  }

  /** Whether there is a fresh value. */
  has(key: string): boolean {
    const entry = this.entries.peek(key);
    return entry !== undefined && this.isFresh(entry);
  }

  /** Whether there is a fresh or stale value. */
  holds(key: string): boolean {
    const entry = this.entries.peek(key);
    return entry !== undefined && this.isValid(entry);
  }

  /** Whether these tags still have these generations in this process. Counts as a use of the tags. */
  areCurrent(tags: readonly EntryTag[]): boolean {
    for (const [key, generation] of tags) if (valueOf(this.entries.get(key)) !== generation) return false;
    return true;
  }

  /** Milliseconds for which a value remains fresh: 0 if there is none, Infinity if it does not expire. */
  remaining(key: string): number {
    const entry = this.entries.peek(key);
    if (entry === undefined || !this.isValid(entry)) return 0;
    return entry instanceof CacheEntry && entry.freshUntil !== undefined
      ? Math.max(0, entry.freshUntil - this.clock.now())
      : this.entries.remaining(key);
  }

  /**
   * Stores a frozen copy and returns its entry. A value that cannot be copied or does not fit is counted as a rejection, the
   * previous value of the key is removed, and the result is undefined.
   */
  keep(key: string, value: unknown, lifetime: Lifetime): unknown {
    try {
      // A value with a negative ttl or NaN could never be served.
      if (value !== undefined && lifetime.fresh + lifetime.grace >= 0) {
        const room = this.maxBytes - ENTRY_BYTES - NOTE_BYTES - 2 * key.length - tagBytes(lifetime.tags);
        const copy = new FrozenCopy(value, room);
        if (copy.flattenedClass !== undefined) this.warnings.warnFlattened(copy.flattenedClass);
        return this.keepCopy(key, copy, lifetime);
      }
    } catch (error) {
      this.counts.rejections++;
      this.warnings.warnRejected(key, error);
    }
    this.entries.delete(key);
    return undefined;
  }

  /** Removes keys, and returns whether one of them was there. */
  delete(keys: readonly string[]): boolean {
    return keys.map((key) => this.entries.delete(key)).some(Boolean);
  }

  clear(): void {
    this.clearCount++;
    this.entries.clear();
  }

  /** Drops all entries because they may be outdated; unlike `clear`, it does not affect loads that are in flight. */
  dropAll(): void {
    this.entries.clear();
  }

  /** The keys of all entries, fresh or stale. */
  keys(): readonly string[] {
    return Array.from(this.entries, ([key]) => key);
  }

  /** The keys of all entries with their sizes. */
  sizes(): Generator<readonly [key: string, bytes: number]> {
    return this.entries.sizes();
  }

  /** Keys and fresh values, the next to be evicted last. Listing does not count as a use. */
  *[Symbol.iterator](): Generator<[string, unknown]> {
    for (const [key, entry] of this.entries) {
      if (this.isFresh(entry)) yield [key, valueOf(entry)];
    }
  }

  /**
   * Stops the timer that removes expired entries, because the process is shutting down. The entries stay: requests that are
   * still in progress need them.
   */
  stop(): void {
    this.isStopped = true;
    this.stopSweeping();
  }

  private keepCopy(key: string, copy: FrozenCopy, lifetime: Lifetime): unknown {
    const { fresh, grace, maxAge = Infinity, tags = NO_TAGS } = lifetime;
    const isAlwaysFresh = grace === 0 && fresh <= maxAge;
    const freshUntil = isAlwaysFresh ? undefined : this.clock.now() + fresh;
    const isBare = isAlwaysFresh && !copy.hasMutableParts && tags.length === 0;
    const entry = isBare ? copy.value : new CacheEntry(copy.value, copy.hasMutableParts, freshUntil, tags);
    const bytes = copy.bytes + ENTRY_BYTES + (isBare ? 0 : NOTE_BYTES) + 2 * key.length + tagBytes(tags);
    this.entries.set(key, entry as {}, Math.min(fresh + grace, maxAge), bytes);
    if (!this.isStopped) this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return entry;
  }

  private isFresh(entry: {}): boolean {
    if (!(entry instanceof CacheEntry)) return true;
    const { freshUntil, tags } = entry;
    return (freshUntil === undefined || this.clock.now() < freshUntil) && this.areCurrent(tags);
  }

  /** Whether no tag of the entry has changed. */
  private isValid(entry: {}): boolean {
    return !(entry instanceof CacheEntry) || this.areCurrent(entry.tags);
  }

  /** Removes expired entries that nobody reads. The timer stops while the cache is empty. */
  private sweep(): void {
    this.entries.removeExpired();
    if (this.entries.size === 0) this.stopSweeping();
  }

  private stopSweeping(): void {
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}
