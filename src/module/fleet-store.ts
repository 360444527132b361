import { Logger } from '@nestjs/common';
import { openFleetStore } from '../cache/index.js';
import type { FleetStore } from '../common/fleet-store.js';
import { type BaseConfig, cacheServerOf } from '../config/index.js';

/**
 * How the workers of an application reach the server to which they report; undefined if they do not report.
 *
 * @param isWanted the option `fleet`
 */
export function fleetStoreOf(
  config: BaseConfig,
  isWanted: boolean | undefined,
): (() => Promise<FleetStore>) | undefined {
  if (isWanted !== true) return undefined;
  const cache = config.getCacheConfig();
  const reason = reasonAgainst(cache.url);
  if (reason === undefined) return () => openFleetStore(cache);
  new Logger('Fleet').log(`Workers do not report their state: ${reason}`);
  return undefined;
}

function reasonAgainst(url: string | undefined): string | undefined {
  if (url === undefined) return 'that needs a CACHE_URL on Redis or Valkey';
  return cacheServerOf(url) === 'memcached'
    ? 'memcached has nothing to do it with, use Redis or Valkey'
    : undefined;
}
