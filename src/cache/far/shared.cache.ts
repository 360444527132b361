import type { Lifetime } from '../near/lifetime.js';
import type { SharedSnapshot } from './shared.snapshot.js';
import type { DistributedLock, OnConflict, SharedLookup } from './shared-lookup.js';

/** The cache that processes share. It keeps the near cache of this process in line with it. */
export interface SharedCache {
  readonly figures: SharedSnapshot;

  /** Connects in the background: when the application starts, and for calls after it was closed. */
  open(): void;
  /** Waits up to `waitMs` for unsent changes, and logs how many remain. */
  close(waitMs?: number): Promise<void>;
  /** Looks a key up, and stores its entry in this process; undefined if there is no reliable answer. */
  lookup(key: string): Promise<SharedLookup | undefined>;
  /** Locks a key in the whole fleet. Returns 'taken' if another process has it, undefined if the server does not answer. */
  lock(key: string): Promise<DistributedLock | 'taken' | undefined>;
  /** Stores a value in this process and on the server. Returns false if it cannot be stored. */
  set(key: string, value: unknown, lifetime: Lifetime): Promise<boolean>;
  /** Like `set`, for a loaded value. `onConflict` applies if the key has changed since the lookup `before`. */
  setLoaded(
    key: string,
    value: unknown,
    lifetime: Lifetime,
    before: SharedLookup | undefined,
    onConflict?: OnConflict,
  ): Promise<boolean>;
  /** Removes keys, and returns whether this process or the server had one of them. */
  delete(keys: readonly string[]): Promise<boolean>;
  clear(): Promise<void>;
}
