import type { CachePoint, CacheUsage } from '../../cache/index.js';
import type { BaseConfig } from '../../config/index.js';
import type { CacheInterval, CacheReport } from '../cache-report.js';

/** The figures of the cache, beside its bounds. */
export async function reportCache(usage: CacheUsage, config: BaseConfig): Promise<CacheReport> {
  const { enabled = true, ttlSeconds } = config.getCacheConfig();
  const { snapshot, history, ...figures } = await usage.report();
  return { isEnabled: enabled, ttlSeconds, ...snapshot, ...figures, history: intervalsOf(history) };
}

function intervalsOf(points: readonly CachePoint[]): CacheInterval[] {
  return points.slice(1).map(({ at, hits, misses, evictions, entries, bytes }, index) => {
    const before = points[index]!;
    return {
      at,
      hits: hits - before.hits,
      misses: misses - before.misses,
      evictions: evictions - before.evictions,
      entries,
      bytes,
    };
  });
}
