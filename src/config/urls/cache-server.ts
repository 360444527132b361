import { type UrlParts, splitUrl } from './connection-url.js';
import { hasStrayPercent, hostFault, urlFault } from './url-fault.js';

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
  return cacheUrlFault(url) === undefined ? serverOf(url) : undefined;
}

/**
 * Why a text is no CACHE_URL: a sentence that goes on from the setting's name and does not quote the value; undefined
 * where the client of its scheme reads it as a person does.
 */
export function cacheUrlFault(url: string): string | undefined {
  const server = serverOf(url);
  const parts = splitUrl(url);
  if (server === undefined || parts === undefined) {
    return 'must be a redis:, rediss:, valkey:, valkeys: or memcached: URL';
  }
  const fault =
    urlFault(url, parts) ??
    hostFault(parts.hosts) ??
    (server === 'Redis' ? redisFault(url, parts) : memcachedFault(parts));
  return fault === undefined ? undefined : `cannot be used: ${fault}`;
}

function serverOf(url: string): CacheServer | undefined {
  const scheme = /^([a-z]+):\/\//i.exec(url)?.[1]?.toLowerCase() ?? '';
  return Object.hasOwn(SERVERS, scheme) ? SERVERS[scheme] : undefined;
}

function redisFault(url: string, { hosts, path }: UrlParts): string | undefined {
  if (hosts.length > 1) return 'it names several hosts, and its client connects to one';
  // The client hands the host on as the URL has it, percent-encoded.
  if (/[^!-~]|%/.test(hosts.join())) return 'the host holds what no host name holds';
  if (hasStrayPercent(url)) return 'it holds a % that must be written %25';
  return /^\/?\d*$/.test(path) ? undefined : 'its path must be the number of a database, such as /0';
}

function memcachedFault({ account = '', path, query }: UrlParts): string | undefined {
  if (account.includes('@') && account.includes(',')) {
    return 'it has one account, before the first host; an @ in a password must be written %40';
  }
  if (!['', '/'].includes(path) || query !== '') return 'it has no path and no parameters';
  // Its client knows no password without a user.
  const [user, ...password] = account.split(':');
  return (user === '') === (password.join(':') === '')
    ? undefined
    : 'it needs both a user and a password, or neither';
}
