import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { MetricRegistry } from '../common/metric-registry.js';
import { type Figure, MetricRegistrations, SharedMetrics } from '../common/shared-metrics.js';
import { KeyReload } from './key-reload.js';
import { KeyRing, verifiedBy } from './key-ring.js';

/** The keys of a process, and what became of changed key files. */
export interface KeySnapshot {
  /** The id of the key that signs. */
  readonly current: string;
  /** The ids of all keys, which verify. */
  readonly ids: readonly string[];
  /**
   * How much each key has verified since the start, or since it was added, by its id: signatures, cookies of `keygrip()` and
   * `fastifySigner()`, cursors, and tokens for which the key was chosen. A token that names a key counts for it even if its
   * signature is wrong. `legacy` is the sum of the legacy secrets of `jwtOptions()`, and absent without them. What others
   * verify with `secrets()` is not counted.
   */
  readonly verified: Readonly<Record<string, number>>;
  /** How often changed key files were adopted. */
  readonly adopted: number;
  /** How often changed key files were refused, so that the previous keys stayed in use. */
  readonly refused: number;
}

const shared = new SharedMetrics<KeySnapshot>('KeyMetrics.register()');

const FIGURES: readonly Figure<KeySnapshot>[] = [
  {
    name: 'key_ring_keys',
    help: 'Keys of the key ring, by id and role',
    labelNames: ['id', 'role'],
    read: ({ current, ids }) =>
      ids.map((id) => ({ value: 1, labels: { id, role: id === current ? 'signs' : 'verifies' } })),
    combine: () => 1,
  },
  {
    name: 'key_ring_verified_total',
    help: 'What a key of the key ring has verified, by its id',
    isTotal: true,
    labelNames: ['id'],
    read: ({ verified }) => Object.entries(verified).map(([id, value]) => ({ value, labels: { id } })),
  },
  {
    name: 'key_ring_reloads',
    help: 'Changed key files since the start, by result',
    labelNames: ['result'],
    read: ({ adopted, refused }) => [
      { value: adopted, labels: { result: 'adopted' } },
      { value: refused, labels: { result: 'refused' } },
    ],
  },
];

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
  readonly #registrations = new MetricRegistrations(shared, () => this.snapshot());

  constructor(@Inject(KeyRing) ring: KeyRing, @Inject(KeyReload) reload: KeyReload) {
    this.#ring = ring;
    this.#reload = reload;
  }

  /** Returns the current figures, frozen. */
  snapshot(): KeySnapshot {
    const { current, ids } = this.#ring;
    const { adopted, refused } = this.#reload;
    return Object.freeze({ current: current.id, ids, verified: verifiedBy(this.#ring), adopted, refused });
  }

  /**
   * Adds `key_ring_keys`, which is 1 for each key by its `id` and `role` ('signs' or 'verifies'),
   * `key_ring_verified_total` by `id`, and `key_ring_reloads` by `result` ('adopted' or 'refused') to a registry of prom-client,
   * an optional peer.
   *
   * @throws MissingPackageError if prom-client is not installed
   */
  async register(registry: MetricRegistry): Promise<void> {
    await this.#registrations.register(registry, FIGURES);
  }

  /** Ends the registrations. @hidden */
  onApplicationShutdown(): void {
    this.#registrations.end();
  }
}
