import { FrozenCopy } from './frozen-copy.js';

/** A value of which there is more to say than that it is kept; most are kept as they are. */
export class KeptValue {
  constructor(
    private readonly kept: unknown,
    /** It holds what nothing can freeze, so each reader gets a copy. */
    private readonly thawed: boolean,
    /** After this moment it is only good for who finds nothing better. Undefined: it is good as long as it is kept. */
    readonly freshUntil: number | undefined,
  ) {}

  get value(): unknown {
    return this.thawed ? new FrozenCopy(this.kept, Infinity, true).value : this.kept;
  }
}

export function valueOf(entry: unknown): unknown {
  return entry instanceof KeptValue ? entry.value : entry;
}
