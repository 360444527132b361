import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { MetricRegistry } from '../common/metric-registry.js';
import { orMissing } from '../common/optional-package.js';
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

/** The open applications of this process by the registry that they registered on. */
const registered = new WeakMap<MetricRegistry, Set<Snapshot>>();

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
  readonly #sets = new Set<Set<Snapshot>>();

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
    const { Gauge } = await import('prom-client').catch(orMissing('KeyMetrics.register()', 'prom-client'));
    const known = registered.get(registry);
    // Tests clear registries.
    const isKnown = known !== undefined && registry.getSingleMetric('key_ring_keys') !== undefined;
    const open = isKnown ? known : new Set<Snapshot>();
    open.add(this.#read);
    this.#sets.add(open);
    registered.set(registry, open);
    if (isKnown) return;
    const keys = new Gauge({
      name: 'key_ring_keys',
      help: 'Keys of the key ring, by id and role',
      labelNames: ['id', 'role'],
      registers: [],
      collect() {
        this.reset();
        for (const { current, ids } of [...open].map((read) => read()))
          for (const id of ids) this.set({ id, role: id === current ? 'signs' : 'verifies' }, 1);
      },
    });
    const reloads = new Gauge({
      name: 'key_ring_reloads',
      help: 'Changed key files since the start, by result',
      labelNames: ['result'],
      registers: [],
      collect() {
        const all = [...open].map((read) => read());
        this.set(
          { result: 'adopted' },
          all.reduce((sum, { adopted }) => sum + adopted, 0),
        );
        this.set(
          { result: 'refused' },
          all.reduce((sum, { refused }) => sum + refused, 0),
        );
      },
    });
    for (const metric of [keys, reloads]) registry.registerMetric(metric as never);
  }

  /** Ends the registrations. @hidden */
  onApplicationShutdown(): void {
    for (const open of this.#sets) open.delete(this.#read);
    this.#sets.clear();
  }
}
