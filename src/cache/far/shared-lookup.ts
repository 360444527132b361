import { type EntryTag, NO_TAGS, valueOf } from '../near/cache-entry.js';
import type { Stale } from '../near/lifetime.js';
import { markOf } from './shared-entry.js';

/** What happens to the value that another process has stored since a load started. */
export type OnConflict = 'accept' | 'remove';

/** An entry of the shared tier, as this process has stored it. Times are in milliseconds since the epoch. */
interface FoundEntry {
  /** Undefined if this process cannot store it. */
  readonly entry: unknown;
  readonly freshUntil: number;
  readonly expires: number;
  readonly tags: readonly EntryTag[];
}

const NOTHING: FoundEntry = { entry: undefined, freshUntil: 0, expires: 0, tags: NO_TAGS };

/** The result of a lookup in the shared tier. */
export class SharedLookup {
  constructor(
    /** The stored value; null if there is none. */
    private readonly stored: Buffer | null,
    /** The entry was removed recently. */
    readonly isRemoved: boolean,
    private readonly found: FoundEntry = NOTHING,
  ) {}

  /** The mark of the stored value, with which a later write detects a change. Empty if there was none. */
  get mark(): Buffer {
    return markOf(this.stored);
  }

  /** The tags of the entry; empty if there is no entry. */
  get tags(): readonly EntryTag[] {
    return this.found.tags;
  }

  /** The entry while it is fresh. */
  get freshEntry(): unknown {
    return this.remaining > 0 ? this.found.entry : undefined;
  }

  /** The value of a stale entry within its grace period. */
  get stale(): Stale | undefined {
    const staleMs = -this.remaining;
    return this.isPresent && staleMs >= 0 ? { value: valueOf(this.found.entry), staleMs } : undefined;
  }

  /** Whether there is a fresh or stale value. */
  get isPresent(): boolean {
    return this.found.entry !== undefined && Date.now() < this.found.expires;
  }

  /** Milliseconds for which the entry remains fresh. */
  get remaining(): number {
    return this.found.entry === undefined ? 0 : this.found.freshUntil - Date.now();
  }

  /** The result if a tag of the entry has changed. */
  withoutEntry(): SharedLookup {
    return new SharedLookup(this.stored, true);
  }
}

/** A lock on a key that this process holds for the whole fleet. */
export interface DistributedLock {
  release(): Promise<void>;
}
