const MIN_SLOTS = 64;
const GROWTH = 1.5;
/** Slots 0 and 1 are the heads of the two lists, and never hold an entry. */
const FIRST_SLOT = 2;
/** How many slots `findExpired` checks. */
const EXPIRY_CHECKS = 4;

/**
 * The numbers that belong to each entry, in typed arrays; a slot is an index into them. The arrays grow in steps, so a cache
 * takes memory for the entries that it holds, not for those that it may hold. Each slot in use is in one of two lists.
 */
export class SlotTable {
  hash = new Int32Array(0);
  bytes = new Float64Array(0);
  /** When the entry expires: a time, or Infinity. Free slots do not expire. */
  expiry = new Float64Array(0);
  /** How often it was used, up to a maximum. */
  uses = new Uint8Array(0);
  /** When it was last used, in insertions. */
  lastUse = new Uint32Array(0);
  /** The list that it is in: 0 or 1. */
  list = new Uint8Array(0);

  // Both lists are circular: the last slot is before the head.
  private before = new Int32Array(0);
  private after = new Int32Array(0);
  /** Slots from here on were never used. */
  private end = FIRST_SLOT;
  /** The slot that was freed last; `after` links it to the one freed before. -1: none. */
  private free = -1;
  /** The slot that was last checked for expiry. */
  private checked = FIRST_SLOT;

  constructor(private readonly maxEntries: number) {
    this.resize(Math.min(MIN_SLOTS, maxEntries) + FIRST_SLOT);
    this.after[1] = this.before[1] = 1;
  }

  /** Returns a slot that is in no list yet. */
  allocate(): number {
    const slot = this.free;
    if (slot >= 0) {
      this.free = this.after[slot]!;
      return slot;
    }
    if (this.end === this.after.length) {
      this.resize(Math.min(Math.ceil(this.end * GROWTH), this.maxEntries + FIRST_SLOT));
    }
    return this.end++;
  }

  release(slot: number): void {
    this.unlink(slot);
    this.expiry[slot] = Infinity;
    this.after[slot] = this.free;
    this.free = slot;
  }

  /** Adds a slot to the front of a list. */
  link(slot: number, list: number): void {
    const { before, after } = this;
    const first = after[list]!;
    this.list[slot] = list;
    before[slot] = list;
    after[slot] = first;
    before[first] = slot;
    after[list] = slot;
  }

  /** Moves a slot to the front of a list. */
  move(slot: number, list: number): void {
    this.unlink(slot);
    this.link(slot, list);
  }

  /** The last slot of a list; the list itself if it is empty. */
  last(list: number): number {
    return this.before[list]!;
  }

  /** The slots of a list, from the front. */
  *slotsOf(list: number): Generator<number> {
    for (let slot = this.after[list]!; slot !== list; slot = this.after[slot]!) yield slot;
  }

  /** Whether the entry of a slot has expired. */
  isExpired(slot: number, now: number): boolean {
    return this.expiry[slot]! < now;
  }

  /** Checks the next few slots for an expired entry, and returns its slot or -1. Repeated calls check all slots in turn. */
  findExpired(now: number): number {
    for (let checks = 0; checks < EXPIRY_CHECKS; checks++) {
      this.checked = this.checked + 1 < this.end ? this.checked + 1 : FIRST_SLOT;
      if (this.isExpired(this.checked, now)) return this.checked;
    }
    return -1;
  }

  /** The slots of all expired entries. */
  *allExpired(now: number): Generator<number> {
    for (let slot = FIRST_SLOT; slot < this.end; slot++) if (this.isExpired(slot, now)) yield slot;
  }

  private unlink(slot: number): void {
    const { before, after } = this;
    const previous = before[slot]!;
    const next = after[slot]!;
    after[previous] = next;
    before[next] = previous;
  }

  private resize(length: number): void {
    this.hash = copyInto(new Int32Array(length), this.hash);
    this.bytes = copyInto(new Float64Array(length), this.bytes);
    this.expiry = copyInto(new Float64Array(length).fill(Infinity), this.expiry);
    this.uses = copyInto(new Uint8Array(length), this.uses);
    this.lastUse = copyInto(new Uint32Array(length), this.lastUse);
    this.list = copyInto(new Uint8Array(length), this.list);
    this.before = copyInto(new Int32Array(length), this.before);
    this.after = copyInto(new Int32Array(length), this.after);
  }
}

function copyInto<T extends { set(values: T): void }>(array: T, values: T): T {
  array.set(values);
  return array;
}
