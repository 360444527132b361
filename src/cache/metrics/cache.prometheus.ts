import { type CacheFigure, FIGURES, SHARED_FIGURES } from './cache.figures.js';
import type { CacheSnapshot } from './cache.snapshot.js';
import type { MetricRegistry } from '../../common/metric-registry.js';
import { orMissing } from '../../common/optional-package.js';

type Snapshot = () => CacheSnapshot;

/** The applications of this process that registered on one registry. */
class RegisteredCaches {
  readonly open = new Set<Snapshot>();
  readonly metrics = new Map<CacheFigure, unknown>();
  private readonly closed = new Map<CacheFigure, number>();

  /** Returns the combined figure of all applications. */
  valueOf(figure: CacheFigure): number {
    const values = [...this.open].map((snapshot) => figure.read(snapshot()));
    const known = [...values, this.closed.get(figure)].filter((value) => value !== undefined);
    return known.length === 0 ? 0 : figure.combine(known);
  }

  /** A closed application no longer counts in gauges. Its totals remain, because a counter never decreases. */
  close(snapshot: Snapshot): void {
    if (!this.open.delete(snapshot)) return;
    const last = snapshot();
    for (const figure of [...FIGURES, ...SHARED_FIGURES].filter(({ isTotal }) => isTotal)) {
      this.closed.set(figure, (this.closed.get(figure) ?? 0) + (figure.read(last) ?? 0));
    }
  }

  /** Whether the registry still has these metrics: tests clear registries. */
  isIn(registry: MetricRegistry): boolean {
    return [...this.metrics].every(([{ name }, metric]) => registry.getSingleMetric(name) === metric);
  }
}

const registered = new WeakMap<MetricRegistry, RegisteredCaches>();

/**
 * Adds a metric for each figure. A scrape reads the snapshots of all applications that are registered.
 *
 * @returns a function to call when the application is closed
 */
export async function registerFigures(registry: MetricRegistry, snapshot: Snapshot): Promise<() => void> {
  const { Counter, Gauge } = await import('prom-client').catch(
    orMissing('CacheMetrics.register()', 'prom-client'),
  );
  const known = registered.get(registry);
  const caches = known?.isIn(registry) === true ? known : new RegisteredCaches();
  const figures = snapshot().shared === undefined ? FIGURES : [...FIGURES, ...SHARED_FIGURES];
  for (const figure of figures.filter((one) => !caches.metrics.has(one))) {
    const { name, help, isTotal } = figure;
    const options = {
      name,
      help,
      registers: [],
      collect(this: { reset(): void; inc(value: number): void }) {
        this.reset();
        this.inc(caches.valueOf(figure));
      },
    };
    const metric = isTotal ? new Counter(options) : new Gauge(options);
    registry.registerMetric(metric as never);
    caches.metrics.set(figure, metric);
  }
  registered.set(registry, caches);
  caches.open.add(snapshot);
  return () => caches.close(snapshot);
}
