import { valueOf } from '../near/cache-entry.js';
import type { Stale } from '../near/near.cache.js';

/** What happens to the value that another process has stored since a load started. */
export type OnConflict = 'accept' | 'remove';

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
  get stale(): Stale | undefined {
    const staleMs = -this.remaining;
    return this.isPresent && staleMs >= 0 ? { value: valueOf(this.entry), staleMs } : undefined;
  }

  /** Whether there is a fresh or stale value. */
  get isPresent(): boolean {
    return this.entry !== undefined && Date.now() < this.expires;
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
