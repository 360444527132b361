import { parseConnectionUrl } from './connection-url.js';

/** The servers on which processes can share a cache. */
export type SharedCache = 'Redis' | 'memcached';

const SERVERS: Readonly<Record<string, SharedCache>> = {
  redis: 'Redis',
  rediss: 'Redis',
  valkey: 'Redis',
  valkeys: 'Redis',
  memcached: 'memcached',
};

/** What a CACHE_URL leads to, or undefined where no client could read it. */
export function sharedCacheOf(url: string): SharedCache | undefined {
  const { scheme, addresses } = parseConnectionUrl(url) ?? { scheme: '', addresses: [] };
  const server = Object.hasOwn(SERVERS, scheme) ? SERVERS[scheme] : undefined;
  if (server === 'memcached') return addresses.every(({ host }) => host !== '') ? server : undefined;
  // The path is the number of a database.
  return server !== undefined && URL.canParse(url) && /^\/?\d*$/.test(new URL(url).pathname)
    ? server
    : undefined;
}
