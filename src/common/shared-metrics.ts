import type { MetricRegistry } from './metric-registry.js';
import { orMissing } from './optional-package.js';

/** A value of a metric. */
interface Sample {
  readonly value: number;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A figure of applications as a metric of prom-client. */
export interface Figure<Snapshot> {
  readonly name: string;
  readonly help: string;
  /** Whether it only grows: then the totals of closed applications remain. */
  readonly isTotal?: boolean;
  readonly labelNames?: readonly string[];
  /** The samples of one application. */
  readonly read: (snapshot: Snapshot) => readonly Sample[];
  /** Combines the values of several applications that have the same labels. Default: their sum. */
  readonly combine?: (values: readonly number[]) => number;
}

/** Sources of totals are synchronous. */
type Source<Snapshot> = () => Snapshot | Promise<Snapshot>;
type Samples<Snapshot> = ReadonlyMap<Figure<Snapshot>, readonly Sample[]>;

interface Reading<Snapshot> {
  readonly snapshots: readonly Snapshot[];
  readonly closed: Samples<Snapshot>;
}

/** The applications of this process that registered on one registry, and their common metrics. */
class MetricGroup<Snapshot> {
  readonly open = new Set<Source<Snapshot>>();
  readonly metrics = new Map<Figure<Snapshot>, unknown>();
  #closed: Samples<Snapshot> = new Map();
  #reading: Promise<Reading<Snapshot>> | undefined;

  /** The combined samples of all applications. */
  async samplesOf(figure: Figure<Snapshot>): Promise<readonly Sample[]> {
    const { snapshots, closed } = await this.#read();
    return combined(figure, [...(closed.get(figure) ?? []), ...snapshots.flatMap(figure.read)]);
  }

  /** A closed application no longer counts in gauges. Its totals remain, because a counter never decreases. */
  close(source: Source<Snapshot>): void {
    if (!this.open.delete(source)) return;
    const totals = [...this.metrics.keys()].filter(({ isTotal }) => isTotal === true);
    if (totals.length === 0) return;
    const last = source();
    if (last instanceof Promise) return;
    const samplesOf = (figure: Figure<Snapshot>) =>
      combined(figure, [...(this.#closed.get(figure) ?? []), ...figure.read(last)]);
    this.#closed = new Map(totals.map((figure) => [figure, samplesOf(figure)]));
  }

  /** Whether the registry has none of these metrics: tests clear registries. */
  isGoneFrom(registry: MetricRegistry): boolean {
    return [...this.metrics].every(([{ name }, metric]) => registry.getSingleMetric(name) !== metric);
  }

  /** All metrics of a scrape show one reading. */
  #read(): Promise<Reading<Snapshot>> {
    const closed = this.#closed;
    return (this.#reading ??= Promise.all([...this.open].map((source) => source()))
      .then((snapshots) => ({ snapshots, closed }))
      .finally(() => (this.#reading = undefined)));
  }
}

/** Shows figures on registries of prom-client, which several applications of a process may share. */
export class SharedMetrics<Snapshot> {
  readonly #caller: string;
  readonly #groups = new WeakMap<MetricRegistry, MetricGroup<Snapshot>>();

  /** @param caller the method that needs prom-client, for the error that it is missing */
  constructor(caller: string) {
    this.#caller = caller;
  }

  /**
   * Adds the metrics of an application to a registry. Returns a function that ends this.
   *
   * @throws MissingPackageError if prom-client is not installed
   */
  async register(
    registry: MetricRegistry,
    source: Source<Snapshot>,
    figures: readonly Figure<Snapshot>[],
  ): Promise<() => void> {
    const { Counter, Gauge } = await import('prom-client').catch(orMissing(this.#caller, 'prom-client'));
    const group = this.#groupOf(registry);
    for (const figure of figures) {
      const { name, help, isTotal = false, labelNames = [] } = figure;
      const options = {
        name,
        help,
        labelNames,
        registers: [],
        async collect(this: { reset(): void; inc(labels: object, value: number): void }) {
          const samples = await group.samplesOf(figure);
          this.reset();
          for (const { labels = {}, value } of samples) this.inc(labels, value);
        },
      };
      const metric = group.metrics.get(figure) ?? (isTotal ? new Counter(options) : new Gauge(options));
      group.metrics.set(figure, metric);
      if (registry.getSingleMetric(name) !== metric) registry.registerMetric(metric as never);
    }
    group.open.add(source);
    return () => group.close(source);
  }

  #groupOf(registry: MetricRegistry): MetricGroup<Snapshot> {
    const known = this.#groups.get(registry);
    if (known?.isGoneFrom(registry) === false) return known;
    const group = new MetricGroup<Snapshot>();
    this.#groups.set(registry, group);
    return group;
  }
}

/** The registries on which one application shows its figures. */
export class MetricRegistrations<Snapshot> {
  readonly #metrics: SharedMetrics<Snapshot>;
  readonly #source: Source<Snapshot>;
  /** A function for each registry that ends the registration. */
  readonly #ends = new Map<MetricRegistry, () => void>();

  constructor(metrics: SharedMetrics<Snapshot>, source: Source<Snapshot>) {
    this.#metrics = metrics;
    this.#source = source;
  }

  async register(registry: MetricRegistry, figures: readonly Figure<Snapshot>[]): Promise<void> {
    this.#ends.set(registry, await this.#metrics.register(registry, this.#source, figures));
  }

  end(): void {
    for (const end of this.#ends.values()) end();
    this.#ends.clear();
  }
}

/** One sample for each set of labels. */
function combined<Snapshot>({ combine = sum }: Figure<Snapshot>, samples: readonly Sample[]): Sample[] {
  const byLabels = new Map<string, Sample[]>();
  for (const sample of samples) {
    const labels = JSON.stringify(sample.labels);
    byLabels.set(labels, [...(byLabels.get(labels) ?? []), sample]);
  }
  return Array.from(byLabels.values(), (group) => ({
    ...group[0]!,
    value: combine(group.map(({ value }) => value)),
  }));
}

const sum = (values: readonly number[]) => values.reduce((one, other) => one + other, 0);
