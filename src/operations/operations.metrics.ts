import { Inject, Injectable } from '@nestjs/common';
import type { Registry } from 'prom-client';
import { CacheMetrics } from '../cache/index.js';
import { orMissing } from '../common/optional-package.js';
import { Fleet } from '../fleet/index.js';
import { KeyMetrics } from '../keys/index.js';
import { LifecycleMetrics } from '../lifecycle/index.js';

/** The metrics of this package, in a registry of their own. */
@Injectable()
export class OperationsMetrics {
  readonly #sources: readonly (CacheMetrics | KeyMetrics | LifecycleMetrics | Fleet)[];
  #registry: Promise<Registry> | undefined;

  constructor(
    @Inject(CacheMetrics) cache: CacheMetrics,
    @Inject(KeyMetrics) keys: KeyMetrics,
    @Inject(LifecycleMetrics) lifecycle: LifecycleMetrics,
    @Inject(Fleet) fleet: Fleet,
  ) {
    this.#sources = [cache, keys, lifecycle, fleet];
  }

  /**
   * The text that Prometheus scrapes, and its content type.
   *
   * @throws MissingPackageError if prom-client is not installed
   */
  async scrape(): Promise<{ readonly type: string; readonly text: string }> {
    this.#registry ??= this.#register();
    const registry = await this.#registry;
    return { type: registry.contentType, text: await registry.metrics() };
  }

  async #register(): Promise<Registry> {
    const prometheus = await import('prom-client').catch(orMissing('/ops/metrics', 'prom-client'));
    const registry = new prometheus.Registry();
    for (const source of this.#sources) await source.register(registry);
    return registry;
  }
}
