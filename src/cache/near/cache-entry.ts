import { FrozenCopy } from './frozen-copy.js';

/** A tag of an entry: the key of the tag, and its generation when the entry was made. The entry is valid while they agree. */
export type EntryTag = readonly [key: string, generation: string];

export const NO_TAGS: readonly EntryTag[] = [];

// The size of an EntryTag without its texts.
const TAG_BYTES = 88;

/** An entry that needs bookkeeping; most values are stored bare. */
export class CacheEntry {
  constructor(
    private readonly stored: unknown,
    /** It has parts that cannot be frozen, so each reader gets a copy. */
    private readonly hasMutableParts: boolean,
    /** After this time it is stale. Undefined: it is fresh for as long as it is stored. */
    readonly freshUntil: number | undefined,
    readonly tags: readonly EntryTag[],
  ) {}

  get value(): unknown {
    return this.hasMutableParts ? new FrozenCopy(this.stored, Infinity, true).value : this.stored;
  }
}

export function valueOf(entry: unknown): unknown {
  return entry instanceof CacheEntry ? entry.value : entry;
}

/** The memory of the tags of an entry. */
export function tagBytes(tags: readonly EntryTag[] = NO_TAGS): number {
  let bytes = 0;
  for (const [key, generation] of tags) bytes += TAG_BYTES + 2 * (key.length + generation.length);
  return bytes;
}
