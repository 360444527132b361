import type { CacheSnapshot, SharedSnapshot } from './cache.snapshot.js';
import { orMissing } from './optional-package.js';

/** What `register` needs of a registry of prom-client. */
export interface MetricRegistry {
  /** As that of prom-client's Registry. */
  registerMetric(metric: never): void;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly isTotal: boolean;
  readonly read: (snapshot: CacheSnapshot) => number;
}

const gauge = (name: string, help: string, read: Metric['read']): Metric => ({
  name,
  help,
  isTotal: false,
  read,
});
const total = (name: string, help: string, read: Metric['read']): Metric => ({
  name,
  help,
  isTotal: true,
  read,
});

const METRICS: readonly Metric[] = [
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
  snapshot.shared === undefined ? 0 : read(snapshot.shared);

const SHARED_METRICS: readonly Metric[] = [
  gauge(
    'cache_shared_connected',
    'Whether there is a connection to the shared cache',
    shared(({ isConnected }) => Number(isConnected)),
  ),
  gauge(
    'cache_shared_breaker_open',
    'Whether the shared cache is not asked, because it did not answer',
    shared(({ breaker }) => Number(breaker !== 'closed')),
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

/** Adds a metric for each figure. Each is read from a snapshot when the registry is read. */
export async function registerFigures(
  registry: MetricRegistry,
  snapshot: () => CacheSnapshot,
): Promise<void> {
  const { Counter, Gauge } = await import('prom-client').catch(
    orMissing('CacheMetrics.register()', 'prom-client'),
  );
  const metrics = snapshot().shared === undefined ? METRICS : [...METRICS, ...SHARED_METRICS];
  for (const { name, help, isTotal, read } of metrics) {
    const options = {
      name,
      help,
      registers: [],
      collect(this: { reset(): void; inc(value: number): void }) {
        this.reset();
        this.inc(read(snapshot()));
      },
    };
    registry.registerMetric((isTotal ? new Counter(options) : new Gauge(options)) as never);
  }
}
