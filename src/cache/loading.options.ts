import { LoadingCacheError } from './loading.cache.error.js';

/** How `LoadingCache.get` loads and keeps a value. */
export interface LoadingOptions {
  /** Seconds for which the value is fresh; up to 10 % less, so that entries do not expire together. Default: CACHE_TTL_SECONDS. */
  readonly ttlSeconds?: number | undefined;
  /**
   * Seconds for which a stale value may be served: when a load fails, and when it takes longer than 1 s, or than
   * `timeoutMs` if that is less. Default: 0.
   */
  readonly graceSeconds?: number | undefined;
  /**
   * In the last seconds of its time a value is loaded anew in the background, by one caller. After a failed load the
   * next one waits 1 s, then twice as long each time, up to 30 s. Default: 0.
   */
  readonly refreshAheadSeconds?: number | undefined;
  /**
   * Milliseconds for which this caller waits for a load. The load goes on, later callers join it for up to a minute (or
   * `timeoutMs`, if that is more), and what it loads is kept. Default: none, a load may take its time.
   */
  readonly timeoutMs?: number | undefined;
  /** One load in the whole fleet: other processes wait for what this one loads. Needs CACHE_URL. Default: false. */
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
  demand('ttlSeconds', ttlSeconds, ttlSeconds > 0, 'more than 0');
  demand('graceSeconds', graceSeconds, graceSeconds >= 0, 'at least 0');
  demand(
    'refreshAheadSeconds',
    refreshAheadSeconds,
    refreshAheadSeconds < ttlSeconds,
    'less than ttlSeconds',
  );
  if (timeoutMs !== undefined)
    demand('timeoutMs', timeoutMs, timeoutMs > 0 && timeoutMs < 2 ** 31, 'more than 0 and less than 2^31');
  return {
    ttlMs: ttlSeconds * 1000 * (1 - JITTER * Math.random()),
    graceMs: graceSeconds * 1000,
    timeoutMs: timeoutMs ?? Infinity,
    lock: options.lock === true,
  };
}

function demand(name: string, value: number, isAllowed: boolean, range: string): void {
  if (Number.isFinite(value) && isAllowed) return;
  throw new LoadingCacheError('ERR_CACHE_LOAD_OPTIONS', `${name} must be a number, ${range}`);
}
