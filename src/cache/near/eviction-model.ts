import { EvictionOrder } from './eviction-order.js';

/** A small cache that stores hashes of keys instead of values, to count the misses of one eviction order. */
export class EvictionModel {
  private readonly slots = new Map<number, number>();
  private readonly order: EvictionOrder;
  private maxBytes = 0;

  /** @param maxEntries the largest number that `limit` will set */
  constructor(maxEntries: number, isLru: boolean) {
    this.order = new EvictionOrder(maxEntries, Infinity);
    this.order.isLru = isLru;
  }

  limit(maxEntries: number, maxBytes: number): void {
    this.maxBytes = maxBytes;
    this.order.limit(maxEntries, maxBytes);
  }

  /** Uses or inserts a hash, and returns whether it was there and had not expired. */
  use(hash: number, now: number, expiry: number, bytes: number): boolean {
    const { order, slots } = this;
    const slot = slots.get(hash);
    if (slot === undefined) {
      this.insert(hash, now, expiry, bytes);
      return false;
    }
    const isHit = !order.table.isExpired(slot, now);
    order.use(slot);
    // Its size stays: a larger one would need evictions.
    order.update(slot, expiry, order.table.bytes[slot]!);
    return isHit;
  }

  private insert(hash: number, now: number, expiry: number, bytes: number): void {
    const { order } = this;
    if (bytes > this.maxBytes) return;
    const expired = order.table.findExpired(now);
    if (expired >= 0) this.remove(expired, false);
    const isReturning = order.isReturning(hash);
    while (order.isFull(bytes)) this.remove(order.victim(isReturning), true);
    this.slots.set(hash, order.add(hash, isReturning, expiry, bytes));
  }

  private remove(slot: number, isEvicted: boolean): void {
    this.slots.delete(this.order.table.hash[slot]!);
    this.order.remove(slot, isEvicted);
  }
}
