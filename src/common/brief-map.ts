/** A map is replaced after this many additions and twice its size. */
const RENEW_AFTER = 64;

/**
 * A map whose entries stay for a moment, such as what is in flight. V8 links each table of a Map to its successor: an old
 * table, until the next full collection, keeps all younger ones and their entries in memory. A new Map has no such link.
 */
export class BriefMap<K, V> {
  private map = new Map<K, V>();
  private added = 0;

  get size(): number {
    return this.map.size;
  }

  has(key: K): boolean {
    return this.map.has(key);
  }

  get(key: K): V | undefined {
    return this.map.get(key);
  }

  set(key: K, value: V): void {
    if (++this.added > RENEW_AFTER + 2 * this.map.size) {
      this.map = new Map(this.map);
      this.added = 0;
    }
    this.map.set(key, value);
  }

  delete(key: K): boolean {
    return this.map.delete(key);
  }

  clear(): void {
    this.map.clear();
  }

  keys(): Iterable<K> {
    return this.map.keys();
  }

  values(): Iterable<V> {
    return this.map.values();
  }

  [Symbol.iterator](): Iterator<[K, V]> {
    return this.map[Symbol.iterator]();
  }
}
