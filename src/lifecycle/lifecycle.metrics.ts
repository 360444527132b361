import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { MetricRegistry } from '../common/metric-registry.js';
import { type Figure, MetricRegistrations, SharedMetrics } from '../common/shared-metrics.js';
import { type LifecycleReport, reportLifecycle } from './lifecycle.report.js';
import { Readiness } from './readiness.js';

const shared = new SharedMetrics<LifecycleReport>('LifecycleMetrics.register()');

const FIGURES: readonly Figure<LifecycleReport>[] = [
  {
    name: 'lifecycle_ready',
    help: 'Whether the process is ready for requests',
    read: ({ state }) => [{ value: Number(state === 'ready') }],
    // 1 if all applications are ready.
    combine: (values) => Math.min(...values),
  },
  {
    name: 'lifecycle_requests_in_flight',
    help: 'Requests that have not been answered yet, that of the scrape included',
    read: ({ requestsInFlight: value }) => (value === undefined ? [] : [{ value }]),
  },
];

/**
 * Exposes whether a process is ready, and how many requests it has.
 *
 * @example
 * ```ts
 * @Module({})
 * export class MetricsModule {
 *   constructor(private readonly metrics: LifecycleMetrics) {}
 *
 *   async onModuleInit() {
 *     await this.metrics.register(register); // import { register } from 'prom-client'
 *   }
 * }
 * ```
 */
@Injectable()
export class LifecycleMetrics implements OnApplicationShutdown {
  readonly #registrations: MetricRegistrations<LifecycleReport>;

  constructor(@Inject(Readiness) readiness: Readiness) {
    this.#registrations = new MetricRegistrations(shared, () => reportLifecycle(readiness));
  }

  /**
   * Adds `lifecycle_ready`, which is 1 while the process is ready, and `lifecycle_requests_in_flight` to a registry of
   * prom-client, an optional peer. The requests are 0 without `shutdownGracefully()`, which observes them.
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
