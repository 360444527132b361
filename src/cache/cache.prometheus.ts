import { type CacheFigure, FIGURES, SHARED_FIGURES } from './cache.figures.js';
import type { CacheSnapshot } from './cache.snapshot.js';
import { orMissing } from '../common/optional-package.js';

/** What `register` needs of a registry of prom-client. */
export interface MetricRegistry {
  /** As that of prom-client's Registry. */
  registerMetric(metric: never): void;
  /** As that of prom-client's Registry. */
  getSingleMetric(name: string): unknown;
}

type Snapshot = () => CacheSnapshot;

/** The applications of this process that registered on one registry. */
class RegisteredCaches {
  readonly open = new Set<Snapshot>();
  readonly metrics = new Map<CacheFigure, unknown>();
  private readonly closed = new Map<CacheFigure, number>();

  /** The figure of all of them. */
  valueOf(figure: CacheFigure): number {
    const values = [...this.open].map((snapshot) => figure.read(snapshot()));
    const known = [...values, this.closed.get(figure)].filter((value) => value !== undefined);
    return known.length === 0 ? 0 : figure.combine(known);
  }

  /** A closed application holds nothing any more. Its totals stay, because a counter never falls. */
  close(snapshot: Snapshot): void {
    if (!this.open.delete(snapshot)) return;
    const last = snapshot();
    for (const figure of [...FIGURES, ...SHARED_FIGURES].filter(({ isTotal }) => isTotal)) {
      this.closed.set(figure, (this.closed.get(figure) ?? 0) + (figure.read(last) ?? 0));
    }
  }

  /** Whether the registry still has the metrics: tests clear the registry of a process. */
  isIn(registry: MetricRegistry): boolean {
    return [...this.metrics].every(([{ name }, metric]) => registry.getSingleMetric(name) === metric);
  }
}

const registered = new WeakMap<MetricRegistry, RegisteredCaches>();

/**
 * Adds a metric for each figure. Each is read from the snapshots of all applications that registered, when the registry
 * is read.
 *
 * @returns what to call when the application is closed
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
