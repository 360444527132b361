/** A small map that evicts its least recently used entry. */
export class LruMap<V extends {}> {
  /** The most recently used entry is the last one. */
  private readonly entries = new Map<string, V>();

  constructor(
    private readonly maxEntries: number,
    private readonly onEviction?: (key: string, value: V) => void,
  ) {}

  get(key: string): V | undefined {
    const value = this.entries.get(key);
    if (value !== undefined) this.set(key, value);
    return value;
  }

  set(key: string, value: V): void {
    this.entries.delete(key);
    this.entries.set(key, value);
    if (this.entries.size > this.maxEntries) this.evict();
  }

  private evict(): void {
    for (const [key, value] of this.entries) {
      this.entries.delete(key);
      this.onEviction?.(key, value);
      return;
    }
  }
}
