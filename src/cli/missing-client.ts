import type { CacheConfig } from '../config/cache.config.js';
import type { ConfigProblem } from '../config/model/config.error.js';
import { CLIENTS, cacheServerOf } from '../config/urls/cache-server.js';

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
