const MIN_PAIRS = 32;
/** Older than any reach. */
const OLD = 2 ** 30;

/**
 * Remembers the hashes of recently evicted keys. It is a hash table without chains: each hash has two places, and takes the
 * older one. A hash may be lost early, if three fall on the same two places.
 */
export class RecentlyEvicted {
  private pairs = MIN_PAIRS;
  private hashes = new Int32Array(2 * MIN_PAIRS);
  /** When each hash was added; 0 for an empty place. */
  private turns = new Uint32Array(2 * MIN_PAIRS);
  /** The number of additions, from a start at which an empty place is old. */
  private turn = OLD;

  /** @param reach how many hashes have to be remembered: the table grows to have room for them */
  add(hash: number, reach: number): void {
    if (reach > this.pairs) this.grow(reach);
    this.turn = (this.turn + 1) >>> 0;
    this.put(hash, this.turn);
  }

  /** Whether a hash is one of the last `reach` that were added, and forgets it. */
  take(hash: number, reach: number): boolean {
    const first = this.pairOf(hash);
    for (let place = first; place <= first + 1; place++) {
      if (this.hashes[place] === hash && this.age(place) < reach) {
        this.turns[place] = this.turn - OLD;
        return true;
      }
    }
    return false;
  }

  private put(hash: number, turn: number): void {
    const first = this.pairOf(hash);
    const place = this.age(first + 1) > this.age(first) ? first + 1 : first;
    this.hashes[place] = hash;
    this.turns[place] = turn;
  }

  private grow(reach: number): void {
    const { hashes, turns } = this;
    this.pairs = 2 ** Math.ceil(Math.log2(reach));
    this.hashes = new Int32Array(2 * this.pairs);
    this.turns = new Uint32Array(2 * this.pairs);
    for (let place = 0; place < turns.length; place++) {
      if (turns[place] !== 0) this.put(hashes[place]!, turns[place]!);
    }
  }

  /** The first of its two places. */
  private pairOf(hash: number): number {
    return (hash & (this.pairs - 1)) << 1;
  }

  private age(place: number): number {
    return (this.turn - this.turns[place]!) >>> 0;
  }
}
