import { LRUCache } from 'lru-cache';
import { CoarseClock } from './coarse-clock.js';
import type { FrozenCopy } from './frozen-copy.js';
import { CacheEntry } from './cache-entry.js';
import { copyText } from './copy-text.js';

/** The lifetime of an entry in milliseconds; Infinity if it does not expire. */
export interface Lifetime {
  readonly fresh: number;
  /** For how long after that it may be served as a stale value. */
  readonly grace: number;
  /** The upper limit: it is removed after this time even if it is still fresh. */
  readonly maxAge: number;
}

// The memory of an entry in the maps and arrays of the LRU cache, without key and value.
const ENTRY_BYTES = 128;
// The size of a CacheEntry.
const NOTE_BYTES = 64;
const SWEEP_MS = 30_000;

/** The entries in this process, bounded by number, bytes and time. */
export class BoundedEntries {
  readonly counts = { evictions: 0, expirations: 0 };

  private readonly clock = new CoarseClock();
  private readonly list: LRUCache<string, {}>;
  // Reused for all calls: `list.set()` reads it synchronously.
  private readonly setting: LRUCache.SetOptions<string, {}, unknown> = { size: 0, ttl: 0 };
  private sweeper: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(
    maxEntries: number,
    readonly maxBytes: number,
  ) {
    this.list = new LRUCache({
      max: maxEntries,
      maxSize: maxBytes,
      ttl: 1,
      perf: this.clock,
      ttlResolution: 0,
      dispose: (_value, _key, reason) => {
        if (reason === 'evict') this.counts.evictions++;
        else if (reason === 'expire') this.counts.expirations++;
      },
      noDisposeOnSet: true,
    });
  }

  /** The maximum number of entries. */
  get capacity(): number {
    return this.list.max;
  }

  get size(): number {
    return this.list.size;
  }

  get bytes(): number {
    return this.list.calculatedSize;
  }

  /** The maximum bytes of an entry's value. */
  maxValueBytes(key: string): number {
    return this.maxBytes - ENTRY_BYTES - NOTE_BYTES - 2 * key.length;
  }

  /** A fresh entry. */
  find(key: string): unknown {
    const entry = this.list.get(key);
    return entry !== undefined && this.isFresh(entry) ? entry : undefined;
  }

  /** A fresh entry, without marking it as recently used. */
  peek(key: string): unknown {
    const entry = this.list.peek(key);
    return entry !== undefined && this.isFresh(entry) ? entry : undefined;
  }

  /** A stale entry within its grace period. */
  peekStale(key: string): unknown {
    const entry = this.list.peek(key);
    return entry === undefined || this.isFresh(entry) ? undefined : entry;
  }

  /** Whether there is a fresh or stale entry. */
  holds(key: string): boolean {
    return this.list.has(key);
  }

  /** Milliseconds for which an entry remains fresh: 0 if there is none, Infinity if it does not expire. */
  remaining(key: string): number {
    const entry = this.list.peek(key);
    if (entry === undefined) return 0;
    return entry instanceof CacheEntry && entry.freshUntil !== undefined
      ? Math.max(0, entry.freshUntil - this.clock.now())
      : this.list.getRemainingTTL(key);
  }

  keep(key: string, copy: FrozenCopy, { fresh, grace, maxAge }: Lifetime): unknown {
    const isAlwaysFresh = grace === 0 && fresh <= maxAge;
    const freshUntil = isAlwaysFresh ? undefined : this.clock.now() + fresh;
    const isBare = isAlwaysFresh && !copy.hasMutableParts;
    const entry = isBare ? copy.value : new CacheEntry(copy.value, copy.hasMutableParts, freshUntil);
    const lifetime = Math.min(fresh + grace, maxAge);
    this.setting.size = copy.bytes + ENTRY_BYTES + (isBare ? 0 : NOTE_BYTES) + 2 * key.length;
    this.setting.ttl = lifetime === Infinity ? 0 : lifetime;
    this.list.set(this.list.has(key) ? key : copyText(key), entry as {}, this.setting);
    if (!this.isStopped) this.sweeper ??= setInterval(() => this.sweep(), SWEEP_MS).unref();
    return entry;
  }

  delete(key: string): boolean {
    return this.list.delete(key);
  }

  clear(): void {
    this.list.clear();
  }

  /** Keys and fresh entries, most recently used first. Listing does not mark them as used. */
  *[Symbol.iterator](): Generator<[string, unknown]> {
    for (const [key, entry] of Array.from(this.list.entries())) if (this.isFresh(entry)) yield [key, entry];
  }

  /** Stops the timer that removes expired entries, because the process is shutting down. */
  stop(): void {
    this.isStopped = true;
    this.stopSweeping();
  }

  private isFresh(entry: {}): boolean {
    return (
      !(entry instanceof CacheEntry) || entry.freshUntil === undefined || this.clock.now() < entry.freshUntil
    );
  }

  /** Removes expired entries that nobody reads. The timer stops while the cache is empty. */
  private sweep(): void {
    this.list.purgeStale();
    if (this.list.size === 0) this.stopSweeping();
  }

  private stopSweeping(): void {
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}
