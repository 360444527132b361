import { withTimeout } from '../../common/timeout.js';
import type { BaseConfig } from '../../config/index.js';
import type { Fleet } from '../../fleet/index.js';
import type { FleetReport } from '../operations.report.js';

const READ_MS = 1_000;

/** What the workers report, or what to do so that they do. */
export async function reportFleet(fleet: Fleet, config: BaseConfig): Promise<FleetReport> {
  if (!fleet.isReporting) return { state: 'off', reason: reasonOf(config) };
  return withTimeout(fleet.snapshot(), READ_MS, () => new Error('late')).catch(() => ({ state: 'unknown' }));
}

function reasonOf(config: BaseConfig): string {
  return config.getCacheConfig().url === undefined
    ? 'Workers report to the Redis or Valkey of CACHE_URL, which is unset'
    : 'Workers report to Redis or Valkey, unless forRoot() gets fleet: false, NODE_ENV is test, or SECRET_KEY is a placeholder';
}
