import { CLIENTS, cacheServerOf } from '../../config/urls/cache-server.js';
import type { ConfigWarning } from '../../config/model/config.warning.js';
import { unsupportedServer } from '../../cache/far/server-access.js';
import type { CacheConfig } from '../../config/cache.config.js';
import type { ConfigProblem } from '../../config/model/config.error.js';

const MAX_MS = 1000;

/** Warns if the server cannot be used as a shared cache. A server that does not answer in time is not checked. */
export async function cacheServerAdvice(cache: CacheConfig): Promise<ConfigWarning[]> {
  const found = await unsupportedServer(cache, MAX_MS);
  if (found === undefined) return [];
  return [{ id: 'cache-server', name: 'CACHE_URL', message: found.problem, fix: found.fix }];
}

/** The problem that the client of the shared cache is not installed: the service does not start without it. */
export function missingClient({ url }: CacheConfig): ConfigProblem[] {
  const server = url === undefined ? undefined : cacheServerOf(url);
  if (server === undefined) return [];
  const name = CLIENTS[server];
  try {
    import.meta.resolve(name);
    return [];
  } catch {
    const message = `needs the package ${name}, which is not installed`;
    return [{ name: 'CACHE_URL', code: 'invalid', message, fix: `npm i ${name}` }];
  }
}
