/** What a load function of `LoadingCache.get` gets. */
export interface LoadContext {
  /**
   * Adds tags to the value that are known only while it is loaded. Await it before the data that the tags stand for is
   * read. A value is not cached if the tags have not been read when its load ends.
   *
   * @throws CacheArgumentError if a tag is not a text of 1 to 256 characters, or if there are more than 128
   *
   * @example
   * ```ts
   * constructor(private readonly cache: LoadingCache, private readonly database: Database) {}
   *
   * product(id: number): Promise<Product | null> {
   *   return this.cache.get(`product:${id}`, async ({ tag }) => {
   *     await tag(`supplier:${await this.database.supplierOf(id)}`);
   *     return this.database.product(id);
   *   });
   * }
   * ```
   */
  tag(...tags: string[]): Promise<void>;
}

/** Loads a value. */
export type LoadFunction<T = unknown> = (context: LoadContext) => T | Promise<T>;

/** How `LoadingCache` stores a value. */
export interface StoringOptions<T = unknown> {
  /**
   * Seconds for which the value is fresh, or a function that computes them from the value. They are reduced at random by up to
   * 10 %, so that entries do not expire together. If the function returns 0 or less, the value is not stored; if it throws or
   * returns NaN or Infinity, neither, and a warning is logged. Default: CACHE_TTL_SECONDS.
   */
  readonly ttlSeconds?: number | ((value: T) => number) | undefined;
  /**
   * Seconds after the value has expired for which it may be served as a stale one if a load fails, or does not end within
   * `softTimeoutMs` or `timeoutMs`. Default: 0.
   */
  readonly graceSeconds?: number | undefined;
  /**
   * Seconds after the value has expired for which it is served at once, while one load runs in the background. If that load
   * fails, the stale value is served for the rest of this time. Default: 0.
   */
  readonly staleWhileRevalidateSeconds?: number | undefined;
  /**
   * Tags of the value: `invalidateTags()` invalidates all values and responses with one of them, in every process. At most
   * 128 texts of 1 to 256 characters. Default: none.
   */
  readonly tags?: readonly string[] | undefined;
}

/**
 * Options of `LoadingCache.get`. A value is stored for as long as the options of the call that stored it say, and each call
 * gets a stale value only for as long as its own options allow.
 */
export interface LoadingOptions<T = unknown> extends StoringOptions<T> {
  /**
   * Seconds before the value expires in which one caller reloads it in the background. After a failed load the next
   * one waits 1 s, then twice as long each time, up to 30 s. Default: 0.
   */
  readonly refreshAheadSeconds?: number | undefined;
  /**
   * Milliseconds after the start of a load for which this caller waits for it if there is a stale value that it may get. After
   * that it gets the stale value, and the load continues. Default: 1000.
   */
  readonly softTimeoutMs?: number | undefined;
  /**
   * Milliseconds for which this caller waits for a load. After that the load continues: later callers join it for up to a
   * minute (or `timeoutMs`, if that is more), and its value is cached. Default: no limit.
   */
  readonly timeoutMs?: number | undefined;
  /** Load once in the whole fleet: other processes wait for the value. Needs CACHE_URL. Default: false. */
  readonly lock?: boolean | undefined;
  /**
   * Load even if there is a fresh value, and store the new one in its place. Concurrent callers with `force` share one load, and
   * join no other. If it fails they get its error, and the present value stays. It takes no lock and serves no stale value.
   * Default: false.
   */
  readonly force?: boolean | undefined;
}
