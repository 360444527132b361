import { FrozenCopy } from './frozen-copy.js';

/** An entry that needs bookkeeping; most values are stored bare. */
export class CacheEntry {
  constructor(
    private readonly stored: unknown,
    /** It has parts that cannot be frozen, so each reader gets a copy. */
    private readonly hasMutableParts: boolean,
    /** After this time it is stale. Undefined: it is fresh for as long as it is stored. */
    readonly freshUntil: number | undefined,
  ) {}

  get value(): unknown {
    return this.hasMutableParts ? new FrozenCopy(this.stored, Infinity, true).value : this.stored;
  }
}

export function valueOf(entry: unknown): unknown {
  return entry instanceof CacheEntry ? entry.value : entry;
}
