export interface BoundedMapOptions<V> {
  readonly maxEntries: number;
  /** The maximum sum of the sizes that `set` receives. */
  readonly maxBytes: number;
  /** Milliseconds. */
  readonly clock: { now(): number };
  /** Called when the map itself removes an entry: not for `delete`, `clear`, or a value that is replaced. */
  readonly onRemoval?: (key: string, value: V, cause: 'evicted' | 'expired') => void;
  /** The seed of the hashes. Default: a random one. */
  readonly seed?: number;
}
