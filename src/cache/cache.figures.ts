import type { CacheSnapshot, SharedSnapshot } from './cache.snapshot.js';

/** A figure of the cache, as Prometheus knows it. */
export interface CacheFigure {
  readonly name: string;
  readonly help: string;
  readonly isTotal: boolean;
  /** The figure of one application; undefined if it has none. */
  readonly read: (snapshot: CacheSnapshot) => number | undefined;
  /** The figure of several applications in one process. */
  readonly combine: (figures: readonly number[]) => number;
}

const sum = (figures: readonly number[]) => figures.reduce((one, other) => one + other, 0);

const gauge = (
  name: string,
  help: string,
  read: CacheFigure['read'],
  combine: CacheFigure['combine'] = sum,
): CacheFigure => ({
  name,
  help,
  isTotal: false,
  read,
  combine,
});
const total = (name: string, help: string, read: CacheFigure['read']): CacheFigure => ({
  name,
  help,
  isTotal: true,
  read,
  combine: sum,
});

export const FIGURES: readonly CacheFigure[] = [
  gauge('cache_entries', 'Entries in the cache', ({ entries }) => entries),
  gauge('cache_bytes', 'Bytes in the cache, by a count that errs on the high side', ({ bytes }) => bytes),
  total('cache_hits_total', 'Reads that were answered', ({ hits }) => hits),
  total('cache_misses_total', 'Reads that were not answered', ({ misses }) => misses),
  total('cache_evictions_total', 'Entries that made room for others', ({ evictions }) => evictions),
  total('cache_expirations_total', 'Entries whose time had passed', ({ expirations }) => expirations),
  total('cache_rejections_total', 'Values that were not kept', ({ rejections }) => rejections),
  total('cache_loads_total', 'Loads of LoadingCache', ({ loads }) => loads),
  total('cache_load_failures_total', 'Loads that failed', ({ loadFailures }) => loadFailures),
  total('cache_load_seconds_total', 'Seconds that loads took', ({ loadMs }) => loadMs / 1000),
  total('cache_stale_total', 'Stale values that were served', ({ staleServed }) => staleServed),
];

const shared = (read: (figures: SharedSnapshot) => number) => (snapshot: CacheSnapshot) =>
  snapshot.shared && read(snapshot.shared);

/** What there is beside them with a shared cache. */
export const SHARED_FIGURES: readonly CacheFigure[] = [
  gauge(
    'cache_shared_connected',
    'Whether there is a connection to the shared cache',
    shared(({ isConnected }) => Number(isConnected)),
    // All of them are connected, and any of them has an open breaker.
    (figures) => Math.min(...figures),
  ),
  gauge(
    'cache_shared_breaker_open',
    'Whether the shared cache is not asked, because it did not answer',
    shared(({ breaker }) => Number(breaker !== 'closed')),
    (figures) => Math.max(...figures),
  ),
  total(
    'cache_shared_hits_total',
    'Looks into the shared cache that found an entry',
    shared(({ hits }) => hits),
  ),
  total(
    'cache_shared_misses_total',
    'Looks that found none',
    shared(({ misses }) => misses),
  ),
  total(
    'cache_shared_timeouts_total',
    'Calls that took too long',
    shared(({ timeouts }) => timeouts),
  ),
  total(
    'cache_shared_errors_total',
    'Calls and connections that failed',
    shared(({ errors }) => errors),
  ),
  total(
    'cache_shared_corrupt_total',
    'Entries that nobody could read',
    shared(({ corrupt }) => corrupt),
  ),
  total(
    'cache_shared_invalidations_total',
    'Changes that the server told of',
    shared(({ invalidations }) => invalidations),
  ),
];
