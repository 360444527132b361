import { unsupportedServer } from '../../cache/far/server-access.js';
import type { CacheConfig, ConfigWarning } from '../../config/index.js';

const MAX_MS = 1000;

/** Warns if the server cannot be used as a shared cache. A server that does not answer in time is not checked. */
export async function cacheServerAdvice(cache: CacheConfig): Promise<ConfigWarning[]> {
  const found = await unsupportedServer(cache, MAX_MS);
  if (found === undefined) return [];
  return [{ id: 'cache-server', name: 'CACHE_URL', message: found.problem, fix: found.fix }];
}
