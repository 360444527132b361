import { RecentlyEvicted } from './recently-evicted.js';
import { SlotTable } from './slot-table.js';

/** The two lists. */
const PROBATION = 0;
const PROTECTED = 1;

/** The share of the capacity that probation may take. */
const PROBATION_SHARE = 1 / 10;
/** Uses count as one while fewer entries were inserted than this share of all entries. */
const SAME_USE_SHARE = 1 / 16;
const MAX_USES = 3;
/** The most entries that one eviction inspects. */
const MAX_INSPECTED = 64;

/**
 * The order in which entries are evicted: first those that were used only once, then those that are rarely used. An entry is
 * a slot of a table. Each entry is in one of two lists:
 *
 * - Probation: new entries, sorted by their last use. They take up to a tenth of the capacity.
 * - Protected: entries that were used again, sorted by when they joined.
 *
 * The victim is the oldest entry of probation if probation has more than its tenth, otherwise the oldest protected entry. If
 * the victim was used meanwhile, it gets another chance and the next one is inspected: an entry of probation moves to the
 * protected list, and a protected entry moves to the front of its list, which costs it one of its uses (up to 3 count).
 * A key that returns soon after its eviction from probation joins the protected list directly: see `RecentlyEvicted`.
 *
 * A scan of keys that nobody reads again only passes through probation, and a loop over more keys than fit keeps some of
 * them instead of none. Uses in quick succession count as one, because they often belong to one request.
 *
 * Some streams of keys have fewer misses in plain LRU order. With `isLru` the victim is the entry of either list that was not
 * used for the longest time. `EvictionContest` decides which order applies.
 */
export class EvictionOrder {
  /** Whether the order is plain LRU. Changing it moves no entry. */
  isLru = false;
  count = 0;
  bytes = 0;
  readonly table: SlotTable;

  private readonly evicted = new RecentlyEvicted();
  private probationCount = 0;
  private probationBytes = 0;
  /** The number of insertions, which is the clock of this class: it measures time in what matters to evictions. */
  private turn = 0;
  private sameUse = 0;
  private maxEntries = 0;
  private maxBytes = 0;

  /** @param maxSlots the largest `maxEntries` that `limit` will set */
  constructor(maxSlots: number, maxBytes: number) {
    this.table = new SlotTable(maxSlots);
    this.limit(maxSlots, maxBytes);
  }

  limit(maxEntries: number, maxBytes: number): void {
    this.maxEntries = maxEntries;
    this.maxBytes = maxBytes;
  }

  /** Whether an entry of this size needs an eviction first. */
  isFull(bytes: number): boolean {
    return this.count >= this.maxEntries || this.bytes + bytes > this.maxBytes;
  }

  /** Whether a key was removed recently and so joins the protected list; it is no longer remembered then. */
  isReturning(hash: number): boolean {
    return this.evicted.take(hash, this.count);
  }

  /** Adds an entry, and returns its slot. */
  add(hash: number, isReturning: boolean, expiry: number, bytes: number): number {
    const { table } = this;
    const slot = table.allocate();
    this.turn = (this.turn + 1) >>> 0;
    table.hash[slot] = hash;
    table.bytes[slot] = bytes;
    table.expiry[slot] = expiry;
    table.uses[slot] = 0;
    table.lastUse[slot] = this.turn;
    table.link(slot, isReturning ? PROTECTED : PROBATION);
    this.tally(slot, 1);
    return slot;
  }

  /**
   * Removes an entry. Its key is remembered if it was evicted from probation, which may have been too early, and if it was
   * deleted or has expired after a use, because neither says that it is no longer needed.
   */
  remove(slot: number, isEvicted: boolean): void {
    const isProtected = this.isProtected(slot);
    const isRemembered = isEvicted ? !isProtected : isProtected || this.table.uses[slot] !== 0;
    if (isRemembered) this.evicted.add(this.table.hash[slot]!, this.count);
    this.tally(slot, -1);
    this.table.release(slot);
  }

  /** Changes the size and the expiry of an entry. */
  update(slot: number, expiry: number, bytes: number): void {
    const { table } = this;
    const more = bytes - table.bytes[slot]!;
    table.expiry[slot] = expiry;
    table.bytes[slot] = bytes;
    this.bytes += more;
    if (table.list[slot] === PROBATION) this.probationBytes += more;
  }

  /** Records a use, and returns whether it counts as one of its own. */
  use(slot: number): boolean {
    const { table } = this;
    if ((this.turn - table.lastUse[slot]!) >>> 0 < this.sameUse) return false;
    table.lastUse[slot] = this.turn;
    const uses = table.uses[slot]!;
    if (uses < MAX_USES) table.uses[slot] = uses + 1;
    if (table.list[slot] === PROBATION) table.move(slot, PROBATION);
    else if (this.isLru) table.move(slot, PROTECTED);
    return true;
  }

  /** Chooses the entry to evict for a new one, and does not remove it. */
  victim(isReturning: boolean): number {
    if (this.isLru) return this.leastRecentlyUsed();
    const { table } = this;
    for (let inspected = 1; ; inspected++) {
      const list = this.isProbationDue(isReturning ? 0 : 1) ? PROBATION : PROTECTED;
      const slot = table.last(list);
      if (table.uses[slot] === 0 || inspected === MAX_INSPECTED) return slot;
      if (list === PROBATION) this.protect(slot);
      else {
        table.uses[slot]!--;
        table.move(slot, PROTECTED);
      }
    }
  }

  /** The slots, the next to be evicted last. */
  *[Symbol.iterator](): Generator<number> {
    yield* this.table.slotsOf(PROTECTED);
    yield* this.table.slotsOf(PROBATION);
  }

  private isProtected(slot: number): boolean {
    return this.table.list[slot] === PROTECTED;
  }

  private isProbationDue(added: number): boolean {
    if (this.probationCount === 0 || this.probationCount === this.count) return this.probationCount > 0;
    return (
      this.probationCount + added > Math.max(1, Math.round(this.maxEntries * PROBATION_SHARE)) ||
      this.probationBytes > this.maxBytes * PROBATION_SHARE
    );
  }

  private leastRecentlyUsed(): number {
    const one = this.table.last(PROBATION);
    const other = this.table.last(PROTECTED);
    if (other === PROTECTED) return one;
    if (one === PROBATION) return other;
    return this.age(one) >= this.age(other) ? one : other;
  }

  private age(slot: number): number {
    return (this.turn - this.table.lastUse[slot]!) >>> 0;
  }

  private protect(slot: number): void {
    this.probationCount--;
    this.probationBytes -= this.table.bytes[slot]!;
    this.table.uses[slot] = 0;
    this.table.move(slot, PROTECTED);
  }

  private tally(slot: number, sign: 1 | -1): void {
    const bytes = sign * this.table.bytes[slot]!;
    this.count += sign;
    this.bytes += bytes;
    this.sameUse = Math.floor(this.count * SAME_USE_SHARE);
    if (this.isProtected(slot)) return;
    this.probationCount += sign;
    this.probationBytes += bytes;
  }
}
