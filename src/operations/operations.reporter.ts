import { Inject, Injectable } from '@nestjs/common';
import { CacheMetrics } from '../cache/index.js';
import { BaseConfig } from '../config/index.js';
import { Fleet } from '../fleet/index.js';
import { KeyMetrics } from '../keys/index.js';
import { Readiness } from '../lifecycle/index.js';
import type { OperationsReport } from './operations.report.js';
import { reportCache } from './report/cache.report.js';
import { reportChecks } from './report/checks.report.js';
import { reportFleet } from './report/fleet.report.js';
import { reportKeys } from './report/keys.report.js';
import { reportLifecycle } from './report/lifecycle.report.js';
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
export class OperationsReporter {
  readonly #config: BaseConfig;
  readonly #cache: CacheMetrics;
  readonly #keys: KeyMetrics;
  readonly #readiness: Readiness;
  readonly #fleet: Fleet;

  constructor(
    @Inject(BaseConfig) config: BaseConfig,
    @Inject(CacheMetrics) cache: CacheMetrics,
    @Inject(KeyMetrics) keys: KeyMetrics,
    @Inject(Readiness) readiness: Readiness,
    @Inject(Fleet) fleet: Fleet,
  ) {
    this.#config = config;
    this.#cache = cache;
    this.#keys = keys;
    this.#readiness = readiness;
    this.#fleet = fleet;
  }

  /** The report of this moment. It asks Redis for the fleet, for at most a second. */
  async report(): Promise<OperationsReport> {
    const fleet = await reportFleet(this.#fleet, this.#config);
    return {
      schema: 1,
      at: new Date().toISOString(),
      process: reportProcess(this.#config),
      checks: reportChecks(this.#config),
      settings: reportSettings(this.#config),
      cache: reportCache(this.#cache, this.#config),
      keys: reportKeys(this.#keys),
      lifecycle: reportLifecycle(this.#readiness, this.#config),
      fleet,
    };
  }
}
