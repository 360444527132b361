import { Logger } from '@nestjs/common';
import { openFleetStore } from '../cache/index.js';
import type { FleetStore } from '../common/fleet-store.js';
import { type BaseConfig, cacheServerOf, stateOf } from '../config/index.js';

/**
 * How the workers of an application reach the server to which they report; undefined if they do not report.
 *
 * @param option the option `fleet`
 */
export function fleetStoreOf(
  config: BaseConfig,
  option: boolean | undefined,
): (() => Promise<FleetStore>) | undefined {
  if (!(option ?? reportsByDefault(config))) return undefined;
  const cache = config.getCacheConfig();
  const reason = reasonAgainst(cache.url);
  if (reason === undefined) return () => openFleetStore(cache);
  // Most services without Redis did not ask for it.
  if (option === true) new Logger('Fleet').log(`Workers do not report their state: ${reason}`);
  return undefined;
}

/** Tests are no workers. Fingerprints under a key that everyone can read would confirm guesses. */
function reportsByDefault(config: BaseConfig): boolean {
  return config.NODE_ENV !== 'test' && stateOf(config).origins.has('SECRET_KEY');
}

function reasonAgainst(url: string | undefined): string | undefined {
  if (url === undefined) return 'that needs a CACHE_URL on Redis or Valkey, and CACHE_ENABLED';
  return cacheServerOf(url) === 'memcached' ? 'memcached cannot store it, use Redis or Valkey' : undefined;
}
