import { FrozenCopy } from './frozen-copy.js';

/** A value of which there is more to say than that it is kept; most are kept as they are. */
export class CacheEntry {
  constructor(
    private readonly stored: unknown,
    /** It holds what nothing can freeze, so each reader gets a copy. */
    private readonly hasMutableParts: boolean,
    /** After this moment it is only good for who finds nothing better. Undefined: it is good as long as it is kept. */
    readonly freshUntil: number | undefined,
  ) {}

  get value(): unknown {
    return this.hasMutableParts ? new FrozenCopy(this.stored, Infinity, true).value : this.stored;
  }
}

export function valueOf(entry: unknown): unknown {
  return entry instanceof CacheEntry ? entry.value : entry;
}
