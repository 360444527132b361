/** Milliseconds that a process keeps what it read where nobody tells it of changes. */
export const UNTRACKED_MAX_AGE_MS = 5_000;

/** Where processes share entries. A call may fail or never settle: whoever calls it bounds it. */
export interface SharedTier {
  /** Whether it can be asked now. */
  readonly isReady: boolean;
  /** Milliseconds that a process may keep what it read here: Infinity where it is told of every change. */
  readonly maxAge: number;
  /** The most bytes of an entry. */
  readonly maxEntryBytes: number;

  /** Starts connecting, in the background. Once closed, it may be opened again. */
  open(listener: SharedTierListener): void;
  get(key: string): Promise<Buffer | null>;
  /**
   * @param ttl milliseconds, Infinity for no end
   * @param mark the mark of what was there when a load began, empty for nothing: where something else is there now,
   * nothing is written and the answer is false. Without a mark, or where a tier cannot compare, it is written, and the
   * answer is false where somebody else wrote at once.
   */
  set(key: string, entry: Buffer, ttl: number, mark?: Buffer): Promise<boolean>;
  /** Removes entries, and lets no load that began before write them again. Answers whether there was one. */
  delete(keys: readonly string[]): Promise<boolean>;
  /**
   * Removes entries, whatever state the server is in, and has it tell of their next change. Answers which of them
   * somebody had written, where it can tell.
   */
  purge(keys: readonly string[]): Promise<readonly string[]>;
  /** Removes some of all entries, and answers where to go on: undefined when all are gone. */
  clear(cursor?: string): Promise<string | undefined>;
  /** Takes a lock for `ms` milliseconds. */
  lock(key: string, owner: string, ms: number): Promise<boolean>;
  /** Holds a lock that `owner` has for `ms` milliseconds more. */
  extend(key: string, owner: string, ms: number): Promise<void>;
  unlock(key: string, owner: string): Promise<void>;
  ping(): Promise<void>;
  /** Whether the server answered, and refused. */
  isRefusal(error: unknown): boolean;
  /** Gives up a connection on which nothing comes back. */
  renew(): void;
  close(): Promise<void>;
}

/** What a tier tells on its own. */
export interface SharedTierListener {
  /** A connection was made; of what changed before it nothing is known. */
  ready(): void;
  failed(error: unknown): void;
  /** An entry was changed by another process, or is gone. */
  invalidated(key: string): void;
  /** Another process removed all entries. */
  cleared(): void;
}
