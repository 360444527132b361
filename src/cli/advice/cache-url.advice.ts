import { cacheServerOf } from '../../config/cache-server.js';
import type { ConfigWarning } from '../../config/config.warning.js';

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
