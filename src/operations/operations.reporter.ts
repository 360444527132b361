import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { CacheUsage } from '../cache/index.js';
import { BaseConfig } from '../config/index.js';
import { Fleet } from '../fleet/index.js';
import { KeyMetrics, KeyRing, reportKeys } from '../keys/index.js';
import { Readiness, reportLifecycle } from '../lifecycle/index.js';
import { LISTS, type ListsReport } from '../pagination/index.js';
import type { OperationsReport } from './operations.report.js';
import { reportCache } from './report/cache.report.js';
import { ChecksReporter } from './report/checks.report.js';
import { reportFleet } from './report/fleet.report.js';
import { reportProcess } from './report/process.report.js';
import { reportSettings } from './report/settings.report.js';

/**
 * Collects what the page shows, for a page or an endpoint of your own. Export: OperationsModule.
 *
 * @example
 * ```ts
 * constructor(private readonly reporter: OperationsReporter) {}
 *
 * async cacheEntries() {
 *   const { cache } = await this.reporter.report();
 *   return cache.entries;
 * }
 * ```
 */
@Injectable()
export class OperationsReporter implements OnModuleInit {
  readonly #config: BaseConfig;
  readonly #cache: CacheUsage;
  readonly #checks = new ChecksReporter();
  readonly #lists: () => ListsReport;
  readonly #ring: KeyRing;
  readonly #keys: KeyMetrics;
  readonly #readiness: Readiness;
  readonly #fleet: Fleet;

  /** @hidden */
  constructor(
    @Inject(BaseConfig) config: BaseConfig,
    @Inject(CacheUsage) cache: CacheUsage,
    @Inject(LISTS) lists: () => ListsReport,
    @Inject(KeyRing) ring: KeyRing,
    @Inject(KeyMetrics) keys: KeyMetrics,
    @Inject(Readiness) readiness: Readiness,
    @Inject(Fleet) fleet: Fleet,
  ) {
    this.#config = config;
    this.#cache = cache;
    this.#lists = lists;
    this.#ring = ring;
    this.#keys = keys;
    this.#readiness = readiness;
    this.#fleet = fleet;
  }

  /** Begins to record how the cache is used. @hidden */
  onModuleInit(): void {
    this.#cache.observe();
  }

  /**
   * The report of this moment. It asks Redis for the fleet, for at most a second, and runs the checks, at most once in 10
   * seconds.
   */
  async report(): Promise<OperationsReport> {
    const [fleet, checks, cache] = await Promise.all([
      reportFleet(this.#fleet, this.#config),
      this.#checks.report(this.#config),
      reportCache(this.#cache, this.#config),
    ]);
    return {
      schema: 1,
      at: new Date().toISOString(),
      process: reportProcess(this.#config),
      checks,
      settings: reportSettings(this.#config),
      cache,
      lists: this.#lists(),
      keys: reportKeys(this.#ring, this.#keys),
      lifecycle: reportLifecycle(this.#readiness),
      fleet,
    };
  }
}
