import type { BoundedMapOptions } from './bounded-map.options.js';
import { EvictionContest } from './eviction-contest.js';
import { EvictionOrder } from './eviction-order.js';
import { copyText } from './flat-string.js';
import { keyHash } from './key-hash.js';

/**
 * A map that is bounded by entries and bytes, and whose entries may expire. `EvictionOrder` chooses the entries that make
 * room for new ones.
 */
export class BoundedMap<V extends {}> {
  readonly maxEntries: number;

  private readonly slots = new Map<string, number>();
  // Indexed by slot.
  private keys: (string | undefined)[] = [];
  private values: (V | undefined)[] = [];
  private order: EvictionOrder;
  /** Exists from the first eviction on. */
  private contest: EvictionContest | undefined;
  private readonly maxBytes: number;
  private readonly clock: { now(): number };
  private readonly onRemoval: BoundedMapOptions<V>['onRemoval'];
  private readonly seed: number;

  constructor({ maxEntries, maxBytes, clock, onRemoval, seed }: BoundedMapOptions<V>) {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
    this.clock = clock;
    this.onRemoval = onRemoval;
    this.seed = seed ?? Math.floor(Math.random() * 2 ** 32);
    this.order = new EvictionOrder(maxEntries, maxBytes);
  }

  get size(): number {
    return this.order.count;
  }

  get bytes(): number {
    return this.order.bytes;
  }

  /** Whether entries are evicted in plain LRU order at the moment. */
  get isLru(): boolean {
    return this.order.isLru;
  }

  get(key: string): V | undefined {
    const slot = this.slots.get(key);
    if (slot === undefined) return undefined;
    if (this.isExpired(slot)) {
      this.drop(slot, 'expired');
      return undefined;
    }
    if (this.order.use(slot)) this.observe(slot);
    return this.values[slot];
  }

  /** Like `get`, but it does not count as a use. */
  peek(key: string): V | undefined {
    const slot = this.slots.get(key);
    return slot === undefined || this.isExpired(slot) ? undefined : this.values[slot];
  }

  has(key: string): boolean {
    return this.peek(key) !== undefined;
  }

  /** Milliseconds until an entry expires: 0 if there is none, Infinity if it does not expire. */
  remaining(key: string): number {
    const slot = this.slots.get(key);
    return slot === undefined ? 0 : Math.max(0, this.order.table.expiry[slot]! - this.clock.now());
  }

  /**
   * Stores a value. Returns false if it is larger than the whole map: then it is not stored, and the previous value of the
   * key is removed.
   *
   * @param ttl milliseconds; Infinity if it does not expire
   */
  set(key: string, value: V, ttl: number, bytes: number): boolean {
    if (bytes > this.maxBytes) {
      this.delete(key);
      return false;
    }
    const expiry = ttl === Infinity ? Infinity : this.clock.now() + ttl;
    const slot = this.slots.get(key);
    if (slot === undefined) this.insert(copyText(key), value, expiry, bytes);
    else this.replace(slot, value, expiry, bytes);
    return true;
  }

  /** Returns whether the entry was there and had not expired. */
  delete(key: string): boolean {
    const slot = this.slots.get(key);
    if (slot === undefined) return false;
    const wasPresent = !this.isExpired(slot);
    this.remove(slot, false);
    return wasPresent;
  }

  clear(): void {
    const { isLru } = this;
    this.slots.clear();
    this.keys = [];
    this.values = [];
    this.order = new EvictionOrder(this.maxEntries, this.maxBytes);
    this.order.isLru = isLru;
  }

  removeExpired(): void {
    for (const slot of this.order.table.allExpired(this.clock.now())) this.drop(slot, 'expired');
  }

  /** The entries that have not expired, the next to be evicted last. The map may be changed meanwhile. */
  *[Symbol.iterator](): Generator<[string, V]> {
    const entries = Array.from(this.order, (slot) => [this.keys[slot]!, slot] as const);
    for (const [key, slot] of entries) {
      if (this.keys[slot] === key && !this.isExpired(slot)) yield [key, this.values[slot]!];
    }
  }

  /** The keys with their sizes, also those that have expired. The map may be changed meanwhile. */
  *sizes(): Generator<readonly [key: string, bytes: number]> {
    for (const [key, slot] of this.slots) yield [key, this.order.table.bytes[slot]!];
  }

  private insert(key: string, value: V, expiry: number, bytes: number): void {
    const { order } = this;
    const expired = order.table.findExpired(this.clock.now());
    if (expired >= 0) this.drop(expired, 'expired');
    const hash = keyHash(key, this.seed);
    const isReturning = order.isReturning(hash);
    while (order.isFull(bytes)) this.evict(isReturning);
    const slot = order.add(hash, isReturning, expiry, bytes);
    this.slots.set(key, slot);
    this.keys[slot] = key;
    this.values[slot] = value;
    this.observe(slot);
  }

  /** Replacing the value counts as a use. */
  private replace(slot: number, value: V, expiry: number, bytes: number): void {
    const { order } = this;
    if (order.bytes - order.table.bytes[slot]! + bytes > this.maxBytes) {
      // Removed first, so that all evictions concern other entries.
      const key = this.keys[slot]!;
      this.remove(slot, false);
      this.insert(key, value, expiry, bytes);
      return;
    }
    order.use(slot);
    order.update(slot, expiry, bytes);
    this.values[slot] = value;
    this.observe(slot);
  }

  private evict(isReturning: boolean): void {
    this.contest ??= new EvictionContest(this.maxEntries, this.maxBytes);
    this.contest.fit(this.order.count);
    const slot = this.order.victim(isReturning);
    this.drop(slot, this.isExpired(slot) ? 'expired' : 'evicted');
  }

  private drop(slot: number, cause: 'evicted' | 'expired'): void {
    const key = this.keys[slot]!;
    const value = this.values[slot]!;
    this.remove(slot, cause === 'evicted');
    this.onRemoval?.(key, value, cause);
  }

  private remove(slot: number, isEvicted: boolean): void {
    this.slots.delete(this.keys[slot]!);
    this.keys[slot] = undefined;
    this.values[slot] = undefined;
    this.order.remove(slot, isEvicted);
  }

  private observe(slot: number): void {
    const { contest, order } = this;
    if (contest === undefined) return;
    const { table } = order;
    const hash = table.hash[slot]!;
    if (!contest.isInSample(hash)) return;
    contest.use(hash, this.clock.now(), table.expiry[slot]!, table.bytes[slot]!);
    order.isLru = contest.isLruBetter;
  }

  private isExpired(slot: number): boolean {
    return this.order.table.isExpired(slot, this.clock.now());
  }
}
