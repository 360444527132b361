import type { CacheMetrics } from '../../cache/index.js';
import type { BaseConfig } from '../../config/index.js';
import type { CacheReport } from '../cache-report.js';

/** The figures of the cache, beside its bounds. */
export function reportCache(metrics: CacheMetrics, config: BaseConfig): CacheReport {
  const { enabled = true, maxEntries, maxBytes, ttlSeconds } = config.getCacheConfig();
  return { isEnabled: enabled, maxEntries, maxBytes, ttlSeconds, ...metrics.snapshot() };
}
