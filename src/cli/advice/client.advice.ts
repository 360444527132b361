import type { CacheConfig } from '../../config/cache.config.js';
import type { ConfigProblem } from '../../config/config.error.js';
import { CLIENTS, cacheServerOf } from '../../config/cache-server.js';

/** A shared cache whose client is not installed, without which the service does not start. */
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
