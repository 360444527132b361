import { LoadingCacheError } from './loading.cache.error.js';

/** Options of `LoadingCache.get`. */
export interface LoadingOptions {
  /** Seconds for which the value is fresh, reduced at random by up to 10 % so that entries do not expire together. Default: CACHE_TTL_SECONDS. */
  readonly ttlSeconds?: number | undefined;
  /**
   * Seconds for which the stale value may be served after that: if a load fails, or if it takes longer than 1 s (or
   * `timeoutMs`, if that is less). Default: 0.
   */
  readonly graceSeconds?: number | undefined;
  /**
   * In the last seconds before it expires, one caller reloads the value in the background. After a failed load the next
   * one waits 1 s, then twice as long each time, up to 30 s. Default: 0.
   */
  readonly refreshAheadSeconds?: number | undefined;
  /**
   * Milliseconds for which this caller waits for a load. After that the load continues: later callers join it for up to a
   * minute (or `timeoutMs`, if that is more), and its value is cached. Default: no limit.
   */
  readonly timeoutMs?: number | undefined;
  /** Load once in the whole fleet: other processes wait for the value. Needs CACHE_URL. Default: false. */
  readonly lock?: boolean | undefined;
}

/** The options in milliseconds. */
export interface LoadPlan {
  readonly ttlMs: number;
  readonly graceMs: number;
  /** Infinity for none. */
  readonly timeoutMs: number;
  readonly lock: boolean;
}

const JITTER = 0.1;

/** @throws LoadingCacheError */
export function planOf(options: LoadingOptions, defaultTtl: number): LoadPlan {
  const { ttlSeconds = defaultTtl / 1000, graceSeconds = 0, refreshAheadSeconds = 0, timeoutMs } = options;
  assertOption('ttlSeconds', ttlSeconds, ttlSeconds > 0, 'greater than 0');
  assertOption('graceSeconds', graceSeconds, graceSeconds >= 0, 'of at least 0');
  assertOption(
    'refreshAheadSeconds',
    refreshAheadSeconds,
    refreshAheadSeconds < ttlSeconds,
    'less than ttlSeconds',
  );
  if (timeoutMs !== undefined)
    assertOption(
      'timeoutMs',
      timeoutMs,
      timeoutMs > 0 && timeoutMs < 2 ** 31,
      'greater than 0 and less than 2^31',
    );
  return {
    ttlMs: ttlSeconds * 1000 * (1 - JITTER * Math.random()),
    graceMs: graceSeconds * 1000,
    timeoutMs: timeoutMs ?? Infinity,
    lock: options.lock === true,
  };
}

function assertOption(name: string, value: number, isAllowed: boolean, range: string): void {
  if (Number.isFinite(value) && isAllowed) return;
  throw new LoadingCacheError('ERR_CACHE_LOAD_OPTIONS', `${name} must be a number ${range}`);
}
