import { valueOf } from '../near/cache-entry.js';

/** The result of a lookup in the shared tier. */
export class SharedLookup {
  constructor(
    /** The mark of the stored value, with which a later write detects a change. Empty if there was none. */
    readonly mark: Buffer,
    /** The entry was removed recently. */
    readonly isRemoved: boolean,
    private readonly entry?: unknown,
    /** Milliseconds since the epoch. */
    private readonly freshUntil = 0,
    private readonly expires = 0,
  ) {}

  /** The entry while it is fresh. */
  get freshEntry(): unknown {
    return this.remaining > 0 ? this.entry : undefined;
  }

  /** The value of a stale entry within its grace period. */
  get stale(): { readonly value: unknown } | undefined {
    const isStale = this.entry !== undefined && this.remaining <= 0 && Date.now() < this.expires;
    return isStale ? { value: valueOf(this.entry) } : undefined;
  }

  /** Milliseconds for which the entry remains fresh. */
  get remaining(): number {
    return this.entry === undefined ? 0 : this.freshUntil - Date.now();
  }
}

/** A lock on a key that this process holds for the whole fleet. */
export interface DistributedLock {
  release(): Promise<void>;
}
