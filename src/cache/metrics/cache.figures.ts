import type { Figure } from '../../common/shared-metrics.js';
import type { SharedSnapshot } from '../far/shared.snapshot.js';
import type { CacheSnapshot } from './cache.snapshot.js';

/** A figure of the cache as a Prometheus metric. */
type CacheFigure = Figure<CacheSnapshot>;

/** Undefined if an application does not have the figure. */
type Read = (snapshot: CacheSnapshot) => number | undefined;

const samplesBy = (read: Read) => (snapshot: CacheSnapshot) => {
  const value = read(snapshot);
  return value === undefined ? [] : [{ value }];
};
const gauge = (name: string, help: string, read: Read, combine?: CacheFigure['combine']): CacheFigure => ({
  name,
  help,
  read: samplesBy(read),
  ...(combine && { combine }),
});
const total = (name: string, help: string, read: Read): CacheFigure => ({
  name,
  help,
  isTotal: true,
  read: samplesBy(read),
});

const FIGURES: readonly CacheFigure[] = [
  gauge('cache_entries', 'Entries in the cache', ({ entries }) => entries),
  gauge('cache_bytes', 'Bytes in the cache, estimated on the high side', ({ bytes }) => bytes),
  total('cache_hits_total', 'Reads that found a value', ({ hits }) => hits),
  total('cache_misses_total', 'Reads that found no value', ({ misses }) => misses),
  total('cache_evictions_total', 'Entries evicted to make room for others', ({ evictions }) => evictions),
  gauge(
    'cache_eviction_lru',
    'Whether entries are evicted in plain LRU order at the moment',
    ({ evictionOrder }) => Number(evictionOrder === 'lru'),
    // 1 if one of the applications does.
    (figures) => Math.max(...figures),
  ),
  total(
    'cache_expirations_total',
    'Entries removed because they had expired',
    ({ expirations }) => expirations,
  ),
  total(
    'cache_rejections_total',
    'Values that could not be cached or shared',
    ({ rejections }) => rejections,
  ),
  total(
    'cache_tag_invalidations_total',
    'Tags invalidated by this process',
    ({ tagInvalidations }) => tagInvalidations,
  ),
  total('cache_loads_total', 'Loads started by LoadingCache', ({ loads }) => loads),
  total('cache_load_failures_total', 'Loads that failed or timed out', ({ loadFailures }) => loadFailures),
  total('cache_load_seconds_total', 'Seconds spent in loads', ({ loadMs }) => loadMs / 1000),
  total(
    'cache_background_loads_total',
    'Loads that ended in the background, for which no caller waited',
    ({ backgroundLoads }) => backgroundLoads,
  ),
  total(
    'cache_background_load_failures_total',
    'Background loads that failed or timed out',
    ({ backgroundLoadFailures }) => backgroundLoadFailures,
  ),
  total('cache_stale_total', 'Stale values served', ({ staleServed }) => staleServed),
];

const shared = (read: (figures: SharedSnapshot) => number) => (snapshot: CacheSnapshot) =>
  snapshot.shared && read(snapshot.shared);

/** The additional figures of a shared cache. */
const SHARED_FIGURES: readonly CacheFigure[] = [
  gauge(
    'cache_shared_connected',
    'Whether the shared cache is connected and answers',
    shared(({ isConnected }) => Number(isConnected)),
    // 1 if all applications are connected. For the breaker, 1 if any breaker is open.
    (figures) => Math.min(...figures),
  ),
  gauge(
    'cache_shared_breaker_open',
    'Whether the circuit breaker of the shared cache is open or half-open',
    shared(({ breaker }) => Number(breaker !== 'closed')),
    (figures) => Math.max(...figures),
  ),
  gauge(
    'cache_shared_masters',
    'Masters of the cluster that the cache is shared on; 0 for a single server',
    shared(({ masters = [] }) => masters.length),
  ),
  gauge(
    'cache_shared_masters_connected',
    'Masters of the cluster that are connected and answer',
    shared(({ masters = [] }) => masters.filter(({ isConnected }) => isConnected).length),
  ),
  total(
    'cache_shared_hits_total',
    'Lookups in the shared cache that found a fresh entry',
    shared(({ hits }) => hits),
  ),
  total(
    'cache_shared_misses_total',
    'Lookups in the shared cache that found no fresh entry',
    shared(({ misses }) => misses),
  ),
  total(
    'cache_shared_timeouts_total',
    'Calls to the shared cache that timed out',
    shared(({ timeouts }) => timeouts),
  ),
  total(
    'cache_shared_errors_total',
    'Calls and connection attempts to the shared cache that failed',
    shared(({ errors }) => errors),
  ),
  total(
    'cache_shared_corrupt_total',
    'Entries in the shared cache that could not be decoded',
    shared(({ corrupt }) => corrupt),
  ),
  total(
    'cache_shared_invalidations_total',
    'Invalidations received from the shared cache',
    shared(({ invalidations }) => invalidations),
  ),
];

/** The figures of an application. */
export function figuresOf(snapshot: CacheSnapshot): readonly CacheFigure[] {
  return snapshot.shared === undefined ? FIGURES : [...FIGURES, ...SHARED_FIGURES];
}
