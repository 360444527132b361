import type { Gauge } from 'prom-client';
import type { MetricRegistry } from '../common/metric-registry.js';
import { orMissing } from '../common/optional-package.js';
import type { FleetSnapshot } from './fleet.snapshot.js';

type Snapshot = () => Promise<FleetSnapshot>;

/** The open applications of this process that registered on a registry, and their common metrics. */
interface Registered {
  readonly open: Set<Snapshot>;
  readonly metrics: readonly Gauge[];
}

const NAMES = ['config_drift_workers', 'keys_workers'];

const registered = new WeakMap<MetricRegistry, Registered>();

/**
 * Adds the metrics to a registry. Returns a function that ends this.
 *
 * @throws MissingPackageError if prom-client is not installed
 */
export async function registerFleet(registry: MetricRegistry, snapshot: Snapshot): Promise<() => void> {
  const { Gauge: gauge } = await import('prom-client').catch(orMissing('Fleet.register()', 'prom-client'));
  const known = registered.get(registry);
  const open = known?.open ?? new Set<Snapshot>();
  const metrics = known?.metrics ?? metricsOf(gauge, open);
  // Tests clear registries.
  for (const [place, metric] of metrics.entries())
    if (registry.getSingleMetric(NAMES[place]!) !== metric) registry.registerMetric(metric as never);
  registered.set(registry, { open, metrics });
  open.add(snapshot);
  return () => void open.delete(snapshot);
}

function metricsOf(gauge: typeof Gauge, open: ReadonlySet<Snapshot>): Gauge[] {
  // Both metrics of a scrape are read at once.
  let reading: Promise<FleetSnapshot[]> | undefined;
  const read = () =>
    (reading ??= Promise.all([...open].map((snapshot) => snapshot())).finally(() => (reading = undefined)));
  const known = async () => (await read()).flatMap((one) => (one.state === 'known' ? [one] : []));
  const drift = new gauge({
    name: NAMES[0]!,
    help: 'Workers of a release whose settings differ from those of the most',
    labelNames: ['release'],
    registers: [],
    async collect() {
      const snapshots = await known();
      this.reset();
      for (const { release, workers, groups } of snapshots.flatMap(({ releases }) => releases))
        this.set({ release: release ?? '' }, workers - groups[0]!.workers);
    },
  });
  const keys = new gauge({
    name: NAMES[1]!,
    help: 'Workers on which a key signs or verifies, by id and role',
    labelNames: ['id', 'role'],
    registers: [],
    async collect() {
      const snapshots = await known();
      this.reset();
      for (const { id, accepted, signs } of snapshots.flatMap((one) => one.keys)) {
        this.set({ id, role: 'verifies' }, accepted);
        this.set({ id, role: 'signs' }, signs);
      }
    },
  });
  return [drift, keys];
}
