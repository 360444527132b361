import type { EntryTag } from '../near/cache-entry.js';
import type { Lifetime } from '../near/lifetime.js';
import { entryTagKeys } from '../tags/tag-key.js';
import { LoadingCacheError } from './loading.cache.error.js';
import type { LoadingOptions, StoringOptions } from './loading.options.js';

type Ttl = number | ((value: unknown) => number);

/** How long a value is stored, and its tags. */
export interface StoragePlan {
  /** In seconds. */
  readonly ttl: Ttl;
  /** Milliseconds after that for which the stale value is kept. */
  readonly graceMs: number;
  /** The keys of the tags. */
  readonly tags: readonly string[];
}

/** The options of a call in milliseconds. */
export interface LoadPlan extends StoragePlan {
  /** The longest staleness, in milliseconds, of a value that this caller gets at once. */
  readonly revalidateMs: number;
  /** The longest staleness, in milliseconds, of a value that this caller gets if a load fails or is late. */
  readonly staleMs: number;
  readonly softTimeoutMs: number;
  /** Infinity for none. */
  readonly timeoutMs: number;
  readonly lock: boolean;
  readonly isForced: boolean;
  /** A value of another process replaces the load if it remains fresh for longer than this. */
  readonly minFreshMs: number;
}

const JITTER = 0.1;
const NO_TAGS: readonly string[] = [];
const SOFT_TIMEOUT_MS = 1_000;

/** @throws LoadingCacheError; CacheArgumentError for a tag */
export function planOf(options: LoadingOptions<never>, defaultTtl: number): LoadPlan {
  const { refreshAheadSeconds = 0, softTimeoutMs = SOFT_TIMEOUT_MS, timeoutMs } = options;
  const storage = storagePlanOf(options, defaultTtl);
  const { ttl } = storage;
  const isAheadAllowed = typeof ttl === 'function' || refreshAheadSeconds < ttl;
  assertOption('refreshAheadSeconds', refreshAheadSeconds, isAheadAllowed, 'less than ttlSeconds');
  const isTimer = softTimeoutMs >= 0 && softTimeoutMs < 2 ** 31;
  assertOption('softTimeoutMs', softTimeoutMs, isTimer, 'of at least 0 and less than 2^31');
  if (timeoutMs !== undefined) {
    const isAllowed = timeoutMs > 0 && timeoutMs < 2 ** 31;
    assertOption('timeoutMs', timeoutMs, isAllowed, 'greater than 0 and less than 2^31');
  }
  const plan = {
    ...storage,
    revalidateMs: (options.staleWhileRevalidateSeconds ?? 0) * 1000,
    staleMs: storage.graceMs,
    softTimeoutMs,
    timeoutMs: timeoutMs ?? Infinity,
    lock: options.lock === true,
    isForced: false,
    minFreshMs: 0,
  };
  return options.force === true
    ? { ...withoutStale(plan), lock: false, isForced: true, minFreshMs: Infinity }
    : plan;
}

/** The plan of a caller that gets no stale value. What it loads is stored for as long. */
export function withoutStale(plan: LoadPlan): LoadPlan {
  return { ...plan, revalidateMs: 0, staleMs: 0 };
}

/** @throws LoadingCacheError; CacheArgumentError for a tag */
export function storagePlanOf(options: StoringOptions<never>, defaultTtl: number): StoragePlan {
  const { graceSeconds = 0, staleWhileRevalidateSeconds = 0 } = options;
  const ttl = (options.ttlSeconds ?? defaultTtl / 1000) as Ttl;
  if (typeof ttl !== 'function') assertOption('ttlSeconds', ttl, ttl > 0, 'greater than 0');
  assertOption('graceSeconds', graceSeconds, graceSeconds >= 0, 'of at least 0');
  const revalidate = staleWhileRevalidateSeconds;
  assertOption('staleWhileRevalidateSeconds', revalidate, revalidate >= 0, 'of at least 0');
  const tags = options.tags === undefined ? NO_TAGS : entryTagKeys(options.tags);
  return { ttl, graceMs: Math.max(graceSeconds, revalidate) * 1000, tags };
}

/** The milliseconds for which a tag of the value should live at least. */
export function tagMsOf({ ttl, graceMs }: StoragePlan, defaultTtl: number): number {
  return (typeof ttl === 'number' ? ttl * 1000 : defaultTtl) + graceMs;
}

/**
 * The lifetime of a value; undefined if it is not to be stored.
 *
 * @throws the error of the function that computes the ttl; RangeError if its result is not a finite number
 */
export function lifetimeOf(
  value: unknown,
  { ttl, graceMs }: StoragePlan,
  tags: readonly EntryTag[],
): Lifetime | undefined {
  if (value === undefined) return undefined;
  const seconds = typeof ttl === 'function' ? ttl(value) : ttl;
  if (!Number.isFinite(seconds)) throw new RangeError('a ttl must be a finite number of seconds');
  if (seconds <= 0) return undefined;
  return { fresh: seconds * 1000 * (1 - JITTER * Math.random()), grace: graceMs, tags };
}

function assertOption(name: string, value: number, isAllowed: boolean, range: string): void {
  if (Number.isFinite(value) && isAllowed) return;
  throw new LoadingCacheError('ERR_CACHE_LOAD_OPTIONS', `${name} must be a number ${range}`);
}
