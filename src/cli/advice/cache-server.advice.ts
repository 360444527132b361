import { unsupportedServer } from '../../cache/open-store.js';
import type { CacheConfig } from '../../config/cache.config.js';
import type { ConfigWarning } from '../../config/config.warning.js';

const MAX_MS = 1000;

/** A server that answers, and on which processes cannot share a cache. One that does not answer in time is not judged. */
export async function cacheServerAdvice(cache: CacheConfig): Promise<ConfigWarning[]> {
  const found = await unsupportedServer(cache, MAX_MS);
  if (found === undefined) return [];
  return [{ id: 'cache-server', name: 'CACHE_URL', message: found.problem, fix: found.fix }];
}
