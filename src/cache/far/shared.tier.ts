/** Milliseconds for which a process stores entries if there are no invalidations. */
export const UNTRACKED_MAX_AGE_MS = 5_000;

/** A server on which processes share entries. A call may fail or never settle: the caller sets a deadline. */
export interface SharedTier {
  /** Whether it is connected. */
  readonly isReady: boolean;
  /** Milliseconds for which a process may store entries from here: Infinity with invalidations. */
  readonly maxAge: number;
  /** The maximum bytes of an entry. */
  readonly maxEntryBytes: number;

  /** Starts connecting in the background. It may be reopened after `close()`. */
  open(listener: SharedTierListener): void;
  get(key: string): Promise<Buffer | null>;
  /**
   * @param ttl milliseconds, Infinity if it does not expire
   * @param mark the mark of the stored value when a load started, empty if there was none. If the stored value has changed
   * since, nothing is written and the result is false. Without a mark, or if a tier cannot compare, the entry is written, and
   * the result is false if another process wrote at the same time.
   */
  set(key: string, entry: Buffer, ttl: number, mark?: Buffer): Promise<boolean>;
  /** Removes entries, and keeps loads that started before from writing them. Returns whether there was one. */
  delete(keys: readonly string[]): Promise<boolean>;
  /**
   * Removes entries, whatever state the server is in, and has their next change tracked. Returns the keys that held a value,
   * if the tier can tell.
   */
  purge(keys: readonly string[]): Promise<readonly string[]>;
  /** Removes some entries, and returns the cursor of the next step: undefined when done. */
  clear(cursor?: string): Promise<string | undefined>;
  /** Takes a lock for `ms` milliseconds. */
  lock(key: string, owner: string, ms: number): Promise<boolean>;
  /** Extends the lock of `owner` by `ms` milliseconds from now. */
  extend(key: string, owner: string, ms: number): Promise<void>;
  unlock(key: string, owner: string): Promise<void>;
  ping(): Promise<void>;
  /** Whether the error is a refusal by the server. */
  isRefusal(error: unknown): boolean;
  /** Replaces a connection that does not answer. */
  renew(): void;
  close(): Promise<void>;
}

/** The events of a tier. */
export interface SharedTierListener {
  /**
   * Connected; earlier changes are unknown.
   *
   * @param uncertain the keys of changes by this process that the server may have lost. Default: none
   */
  ready(uncertain?: readonly string[] | 'all'): void;
  failed(error: unknown): void;
  /** Another process has changed an entry, or it has expired or was evicted. */
  invalidated(key: string): void;
  /** Another process removed all entries. */
  cleared(): void;
}
