const MAX_KEYS = 65_536;
const MAX_CHARACTERS = 2 ** 22;

/** A bounded set of keys: beyond its limit it stands for all keys. */
export class BoundedKeys {
  private readonly keys = new Set<string>();
  private characters = 0;
  private isFull = false;

  get isEmpty(): boolean {
    return !this.isFull && this.keys.size === 0;
  }

  /** The number of keys; Infinity if it stands for all keys. */
  get size(): number {
    return this.isFull ? Infinity : this.keys.size;
  }

  /** Whether it stands for all keys. */
  get isAll(): boolean {
    return this.isFull;
  }

  has(key: string): boolean {
    return this.isFull || this.keys.has(key);
  }

  add(keys: readonly string[]): void {
    for (const key of keys) {
      if (!this.keys.has(key)) this.characters += key.length;
      this.keys.add(key);
    }
    if (this.keys.size > MAX_KEYS || this.characters > MAX_CHARACTERS) this.addAll();
  }

  addAll(): void {
    this.clear();
    this.isFull = true;
  }

  delete(keys: readonly string[]): void {
    for (const key of keys) if (this.keys.delete(key)) this.characters -= key.length;
  }

  clear(): void {
    this.isFull = false;
    this.characters = 0;
    this.keys.clear();
  }

  /** Returns up to `count` keys. */
  first(count: number): string[] {
    const some: string[] = [];
    for (const key of this.keys) if (some.push(key) >= count) break;
    return some;
  }
}
