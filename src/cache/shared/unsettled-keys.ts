/**
 * Keys of which the shared tier may hold something else than was last written, because nobody knows what became of
 * the write. Bounded: beyond its bound it stands for all keys.
 */
export class UnsettledKeys {
  private readonly keys = new Set<string>();
  private isOverflown = false;

  constructor(private readonly max: number) {}

  get isEmpty(): boolean {
    return !this.isOverflown && this.keys.size === 0;
  }

  /** Whether it stands for all keys. */
  get isAll(): boolean {
    return this.isOverflown;
  }

  has(key: string): boolean {
    return this.isOverflown || this.keys.has(key);
  }

  add(keys: readonly string[]): void {
    for (const key of keys) this.keys.add(key);
    if (this.keys.size > this.max) this.addAll();
  }

  addAll(): void {
    this.isOverflown = true;
    this.keys.clear();
  }

  settle(keys: readonly string[]): void {
    for (const key of keys) this.keys.delete(key);
  }

  settleAll(): void {
    this.isOverflown = false;
  }

  some(count: number): string[] {
    const some = [];
    for (const key of this.keys) {
      if (some.push(key) === count) break;
    }
    return some;
  }
}
