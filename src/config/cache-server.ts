import { parseConnectionUrl } from './connection-url.js';

/** The servers on which processes can share a cache. */
export type CacheServer = 'Redis' | 'memcached';

/** A name that may stand before a colon in the names of entries. */
export const NAMESPACE = /^[\w.-]{1,64}$/;

/** The package that talks to each. */
export const CLIENTS: Readonly<Record<CacheServer, string>> = { Redis: '@redis/client', memcached: 'memjs' };

const SERVERS: Readonly<Record<string, CacheServer>> = {
  redis: 'Redis',
  rediss: 'Redis',
  valkey: 'Redis',
  valkeys: 'Redis',
  memcached: 'memcached',
};

/** What a CACHE_URL leads to, or undefined where no client could read it. */
export function cacheServerOf(url: string): CacheServer | undefined {
  const scheme = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '';
  const server = Object.hasOwn(SERVERS, scheme) ? SERVERS[scheme] : undefined;
  if (server === undefined) return undefined;
  return (server === 'Redis' ? isForRedis(url) : isForMemcached(url)) ? server : undefined;
}

/** The path is the number of a database. */
function isForRedis(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { hostname, port, username, password, pathname, search } = new URL(url);
  const isAddress = /^[^,]+$/.test(hostname) && port !== '0' && !search.includes('@');
  return isAddress && /^\/?\d*$/.test(pathname) && isEncoded(`${username} ${password}`);
}

function isForMemcached(url: string): boolean {
  const { addresses, user, password } = parseConnectionUrl(url)!;
  const areAddresses = addresses.every(({ host, port = 1 }) => host !== '' && port > 0 && port < 65_536);
  // Its client knows no password without a user.
  return (
    areAddresses && (user === '') === (password === '') && /^\w+:\/\/(?:[^/?#]*@)?[^/?#@]+\/?$/.test(url)
  );
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}
