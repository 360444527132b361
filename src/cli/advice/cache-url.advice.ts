import { CLIENTS, cacheServerOf } from '../../config/urls/cache-server.js';
import type { ConfigWarning } from '../../config/model/config.warning.js';
import { unsupportedServer } from '../../cache/open-store.js';
import type { CacheConfig } from '../../config/cache.config.js';
import type { ConfigProblem } from '../../config/model/config.error.js';

/** What of CACHE_URL no client reads, though it looks like a setting. */
export function cacheUrlAdvice({ CACHE_URL: url }: Readonly<Record<string, unknown>>): ConfigWarning[] {
  if (typeof url !== 'string' || cacheServerOf(url) !== 'Redis') return [];
  const names = [...new Set(new URL(url).searchParams.keys())];
  if (names.length === 0) return [];
  return [
    {
      id: 'ignored-parameter',
      name: 'CACHE_URL',
      message: `has what nothing reads: ${names.join(', ')}`,
      fix: 'take it out: rediss:// asks for TLS, the path for a database (/1), NODE_EXTRA_CA_CERTS names an authority of your own',
    },
  ];
}

const MAX_MS = 1000;

/** A server that answers, and on which processes cannot share a cache. One that does not answer in time is not judged. */
export async function cacheServerAdvice(cache: CacheConfig): Promise<ConfigWarning[]> {
  const found = await unsupportedServer(cache, MAX_MS);
  if (found === undefined) return [];
  return [{ id: 'cache-server', name: 'CACHE_URL', message: found.problem, fix: found.fix }];
}

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
