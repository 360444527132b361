import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { MetricRegistry } from '../common/metric-registry.js';
import { orMissing } from '../common/optional-package.js';
import type { Gauge } from 'prom-client';
import { KeyReload } from './key-reload.js';
import { KeyRing } from './key-ring.js';

/** The keys of a process, and what became of changed key files. */
export interface KeySnapshot {
  /** The id of the key that signs. */
  readonly current: string;
  /** The ids of all keys, which verify. */
  readonly ids: readonly string[];
  /** How often changed key files were adopted. */
  readonly adopted: number;
  /** How often changed key files were refused, so that the previous keys stayed in use. */
  readonly refused: number;
}

type Snapshot = () => KeySnapshot;

/** The open applications of this process that registered on a registry, and their common metrics. */
interface Registered {
  readonly open: Set<Snapshot>;
  readonly metrics: ReadonlyMap<string, unknown>;
}

const registered = new WeakMap<MetricRegistry, Registered>();

/**
 * Exposes which keys a process has. The ids are public and reveal nothing about the keys.
 *
 * @example
 * ```ts
 * constructor(private readonly metrics: KeyMetrics) {}
 *
 * @Get('keys')
 * keyIds() {
 *   return this.metrics.snapshot();
 * }
 * ```
 */
@Injectable()
export class KeyMetrics implements OnApplicationShutdown {
  readonly #ring: KeyRing;
  readonly #reload: KeyReload;
  readonly #read = () => this.snapshot();
  readonly #registered = new Set<Set<Snapshot>>();

  constructor(@Inject(KeyRing) ring: KeyRing, @Inject(KeyReload) reload: KeyReload) {
    this.#ring = ring;
    this.#reload = reload;
  }

  /** Returns the current figures, frozen. */
  snapshot(): KeySnapshot {
    const { current, ids } = this.#ring;
    const { adopted, refused } = this.#reload;
    return Object.freeze({ current: current.id, ids, adopted, refused });
  }

  /**
   * Adds `key_ring_keys`, which is 1 for each key by its `id` and `role` ('signs' or 'verifies'), and
   * `key_ring_reloads` by `result` ('adopted' or 'refused') to a registry of prom-client, an optional peer.
   *
   * @throws MissingPackageError if prom-client is not installed
   */
  async register(registry: MetricRegistry): Promise<void> {
    const { Gauge: gauge } = await import('prom-client').catch(
      orMissing('KeyMetrics.register()', 'prom-client'),
    );
    const known = registered.get(registry);
    const open = known?.open ?? new Set<Snapshot>();
    const metrics = known?.metrics ?? metricsOf(gauge, open);
    // Tests clear registries.
    for (const [name, metric] of metrics)
      if (registry.getSingleMetric(name) !== metric) registry.registerMetric(metric as never);
    registered.set(registry, { open, metrics });
    open.add(this.#read);
    this.#registered.add(open);
  }

  /** Ends the registrations. @hidden */
  onApplicationShutdown(): void {
    for (const open of this.#registered) open.delete(this.#read);
    this.#registered.clear();
  }
}

function metricsOf(gauge: typeof Gauge, open: ReadonlySet<Snapshot>): ReadonlyMap<string, unknown> {
  const read = () => [...open].map((snapshot) => snapshot());
  const keys = new gauge({
    name: 'key_ring_keys',
    help: 'Keys of the key ring, by id and role',
    labelNames: ['id', 'role'],
    registers: [],
    collect() {
      this.reset();
      for (const { current, ids } of read())
        for (const id of ids) this.set({ id, role: id === current ? 'signs' : 'verifies' }, 1);
    },
  });
  const reloads = new gauge({
    name: 'key_ring_reloads',
    help: 'Changed key files since the start, by result',
    labelNames: ['result'],
    registers: [],
    collect() {
      for (const result of ['adopted', 'refused'] as const)
        this.set(
          { result },
          read().reduce((sum, snapshot) => sum + snapshot[result], 0),
        );
    },
  });
  return new Map<string, unknown>([
    ['key_ring_keys', keys],
    ['key_ring_reloads', reloads],
  ]);
}
