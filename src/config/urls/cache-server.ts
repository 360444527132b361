import { type UrlParts, splitUrl } from './connection-url.js';
import { isSentinelUrl, sentinelFault } from './sentinel-url.js';
import { hasStrayPercent, hostFault, urlFault } from './url-fault.js';

/** The servers that can hold a shared cache. */
export type CacheServer = 'Redis' | 'memcached';

/** A name that can precede a colon in cache keys. */
export const NAMESPACE = /^[\w.-]{1,64}$/;

/** The client package of each server. */
export const CLIENTS: Readonly<Record<CacheServer, string>> = { Redis: '@redis/client', memcached: 'memjs' };

const SERVERS: Readonly<Record<string, CacheServer>> = {
  redis: 'Redis',
  rediss: 'Redis',
  valkey: 'Redis',
  valkeys: 'Redis',
  'redis+sentinel': 'Redis',
  'rediss+sentinel': 'Redis',
  'valkey+sentinel': 'Redis',
  'valkeys+sentinel': 'Redis',
  memcached: 'memcached',
};

/** The server of a CACHE_URL, or undefined if no client can read the URL. */
export function cacheServerOf(url: string): CacheServer | undefined {
  return cacheUrlFault(url) === undefined ? serverOf(url) : undefined;
}

/**
 * Why a text is not a valid CACHE_URL: a sentence that continues the setting's name and does not quote the value.
 * Undefined if the client of its scheme reads it as it was meant.
 */
export function cacheUrlFault(url: string): string | undefined {
  const server = serverOf(url);
  const parts = splitUrl(url);
  if (server === undefined || parts === undefined) {
    return 'must be a redis:, rediss:, valkey:, valkeys:, redis+sentinel:, rediss+sentinel: or memcached: URL';
  }
  const fault =
    urlFault(url, parts) ??
    accountFault(parts) ??
    hostFault(parts.hosts) ??
    (server === 'Redis' ? redisFault(url, parts) : memcachedFault(parts));
  return fault === undefined ? undefined : `cannot be used: ${fault}`;
}

/** Whether a connection to this CACHE_URL is encrypted. */
export function usesTls(url: string): boolean {
  return /^(?:rediss|valkeys)(?:\+sentinel)?:/i.test(url);
}

function serverOf(url: string): CacheServer | undefined {
  const scheme = splitUrl(url)?.scheme ?? '';
  return Object.hasOwn(SERVERS, scheme) ? SERVERS[scheme] : undefined;
}

/** With several accounts, all but the last host would be read as a part of the password. */
function accountFault({ account = '' }: UrlParts): string | undefined {
  return account.includes('@') && account.includes(',')
    ? 'it takes one account, before the first host; an @ in a password must be written %40'
    : undefined;
}

function redisFault(url: string, parts: UrlParts): string | undefined {
  const { hosts, path, query } = parts;
  // The client does not decode percent-encoding in the host.
  if (/[^!-~]|%/.test(hosts.join())) return 'the host contains what no host name can contain';
  if (hasStrayPercent(url)) return 'it contains a % that must be written %25';
  if (isSentinelUrl(url)) return sentinelFault(parts);
  if (query !== '') {
    return 'it takes no parameters; use rediss:// or valkeys:// for TLS, CACHE_CA for a private CA, and the path for a database, as in /1';
  }
  if (!/^\/?\d*$/.test(path)) return 'its path must be the number of a database, such as /0';
  return hosts.length > 1 && /[1-9]/.test(path)
    ? 'it names several hosts, which are nodes of a cluster, and a cluster has no database but 0: remove its path'
    : undefined;
}

function memcachedFault({ account = '', path, query }: UrlParts): string | undefined {
  if (!['', '/'].includes(path) || query !== '') return 'it takes no path and no parameters';
  // The client does not support a password without a user.
  const [user, ...password] = account.split(':');
  return (user === '') === (password.join(':') === '')
    ? undefined
    : 'it needs both a user and a password, or neither';
}
