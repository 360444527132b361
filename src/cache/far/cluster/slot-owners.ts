import { SLOTS } from './slots.js';

/** The owner of each slot. */
export class SlotOwners<Owner> {
  private owners: readonly (Owner | undefined)[] = Array.from({ length: SLOTS });

  at(slot: number): Owner | undefined {
    return this.owners[slot];
  }

  /** Each owner with its first slot and the number of its slots, by the first slots. */
  get summary(): ReadonlyMap<Owner, { readonly first: number; readonly count: number }> {
    const found = new Map<Owner, { first: number; count: number }>();
    for (const [slot, owner] of this.owners.entries()) {
      if (owner === undefined) continue;
      const known = found.get(owner);
      if (known === undefined) found.set(owner, { first: slot, count: 1 });
      else known.count++;
    }
    return found;
  }

  /**
   * Sets the owners of ranges, and returns the slots that had another owner before. A slot without an owner stays with its
   * last one, so that there is one to ask.
   */
  assign(ranges: Iterable<readonly [owner: Owner, first: number, last: number]>): MovedSlots<Owner> {
    const next = [...this.owners];
    for (const [owner, first, last] of ranges) next.fill(owner, first, last + 1);
    const moved = new MovedSlots<Owner>();
    for (const [slot, owner] of next.entries()) {
      const before = this.owners[slot];
      if (owner !== before && before !== undefined && owner !== undefined) moved.add(slot, before, owner);
    }
    this.owners = next;
    return moved;
  }
}

/** Slots that have moved from one owner to another. */
export class MovedSlots<Owner> {
  readonly losers = new Set<Owner>();
  readonly gainers = new Set<Owner>();
  private readonly slots = new Set<number>();

  get isEmpty(): boolean {
    return this.slots.size === 0;
  }

  has(slot: number): boolean {
    return this.slots.has(slot);
  }

  add(slot: number, from: Owner, to: Owner): void {
    this.slots.add(slot);
    this.losers.add(from);
    this.gainers.add(to);
  }
}
