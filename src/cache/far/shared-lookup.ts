import { valueOf } from '../near/cache-entry.js';

/** What the shared tier had under a key when it was asked. */
export class SharedLookup {
  constructor(
    /** The mark of what was there, by which a later write tells whether it still is. Empty: nothing was. */
    readonly mark: Buffer,
    /** Somebody removed it, not long ago. */
    readonly isRemoved: boolean,
    private readonly entry?: unknown,
    /** Milliseconds since the epoch. */
    private readonly freshUntil = 0,
    private readonly expires = 0,
  ) {}

  /** The entry, as long as it is fresh. */
  get freshEntry(): unknown {
    return this.remaining > 0 ? this.entry : undefined;
  }

  /** The value of an entry that is past its time, in its grace. */
  get stale(): { readonly value: unknown } | undefined {
    const isStale = this.entry !== undefined && this.remaining <= 0 && Date.now() < this.expires;
    return isStale ? { value: valueOf(this.entry) } : undefined;
  }

  /** Milliseconds for which the entry is still fresh. */
  get remaining(): number {
    return this.entry === undefined ? 0 : this.freshUntil - Date.now();
  }
}

/** A lock on a key that this process has in the whole fleet. */
export interface DistributedLock {
  release(): Promise<void>;
}
