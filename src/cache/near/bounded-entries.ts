import { LRUCache } from 'lru-cache';
import { CoarseClock } from './coarse-clock.js';
import type { FrozenCopy } from './frozen-copy.js';
import { CacheEntry } from './cache-entry.js';
import { copyText } from './copy-text.js';

/** How long an entry is good for, in milliseconds; Infinity for no end. */
export interface Lifetime {
  readonly fresh: number;
  /** For so long after that it is there for who finds nothing better. */
  readonly grace: number;
  /** It is not kept longer than this, however long it is good for. */
  readonly maxAge: number;
}

// An entry's place in the maps and arrays of the list, beside its key and its value.
const ENTRY_BYTES = 128;
// What is noted beside a value.
const NOTE_BYTES = 64;
const SWEEP_MS = 30_000;

/** Entries in this process, bounded by their number, by their bytes and by time. */
export class BoundedEntries {
  readonly counts = { evictions: 0, expirations: 0 };

  private readonly clock = new CoarseClock();
  private readonly list: LRUCache<string, {}>;
  // One for all calls: the list reads it before it returns.
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

  /** The most entries there can be. */
  get capacity(): number {
    return this.list.max;
  }

  get size(): number {
    return this.list.size;
  }

  get bytes(): number {
    return this.list.calculatedSize;
  }

  /** The most bytes that the value of an entry may take. */
  maxValueBytes(key: string): number {
    return this.maxBytes - ENTRY_BYTES - NOTE_BYTES - 2 * key.length;
  }

  /** A fresh entry. */
  find(key: string): unknown {
    const entry = this.list.get(key);
    return entry !== undefined && this.isFresh(entry) ? entry : undefined;
  }

  /** A fresh entry; looking at it counts as no use. */
  peek(key: string): unknown {
    const entry = this.list.peek(key);
    return entry !== undefined && this.isFresh(entry) ? entry : undefined;
  }

  /** An entry that is past its time, in its grace. */
  peekStale(key: string): unknown {
    const entry = this.list.peek(key);
    return entry === undefined || this.isFresh(entry) ? undefined : entry;
  }

  /** Whether there is an entry, fresh or in its grace. */
  holds(key: string): boolean {
    return this.list.has(key);
  }

  /** Milliseconds for which an entry is still fresh: 0 where there is none, Infinity where it does not expire. */
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

  /** Keys and fresh entries, the most recently used first. Listing them counts as no use. */
  *[Symbol.iterator](): Generator<[string, unknown]> {
    for (const [key, entry] of Array.from(this.list.entries())) if (this.isFresh(entry)) yield [key, entry];
  }

  /** Takes out no more on its own, for a process that ends. */
  stop(): void {
    this.isStopped = true;
    this.stopSweeping();
  }

  private isFresh(entry: {}): boolean {
    return (
      !(entry instanceof CacheEntry) || entry.freshUntil === undefined || this.clock.now() < entry.freshUntil
    );
  }

  /** Takes expired entries out that nobody reads; pauses while there is nothing to take out. */
  private sweep(): void {
    this.list.purgeStale();
    if (this.list.size === 0) this.stopSweeping();
  }

  private stopSweeping(): void {
    clearInterval(this.sweeper);
    this.sweeper = undefined;
  }
}
