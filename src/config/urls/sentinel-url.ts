import { type UrlParts, splitUrl } from './connection-url.js';

const DEFAULT_PORT = 26_379;

/** The parameters of the account that the Sentinels themselves require. */
const USER = 'sentinelUser';
const PASSWORD = 'sentinelPassword';

/** The parts of a CACHE_URL that names Sentinels. Accounts are `user:password`, percent-encoded. */
export interface SentinelUrl {
  /** The Sentinels, each with its port. */
  readonly hosts: readonly string[];
  /** The name under which they monitor the master. */
  readonly master: string;
  /** The number of the database; empty for the default. */
  readonly database: string;
  /** The account of the data servers. */
  readonly account: string | undefined;
  /** The account of the Sentinels. */
  readonly sentinelAccount: string | undefined;
}

export function isSentinelUrl(url: string): boolean {
  return /^(?:redis|valkey)s?\+sentinel:/i.test(url);
}

/** Parses a URL that `sentinelFault` accepts. */
export function parseSentinelUrl(url: string): SentinelUrl {
  const { account, hosts, path, query } = splitUrl(url)!;
  const [, master = '', database = ''] = path.split('/');
  const parameters = new URLSearchParams(query);
  const [user, password] = [USER, PASSWORD].map((name) => encodeURIComponent(parameters.get(name) ?? ''));
  return {
    hosts: hosts.map((host) => (/:\d+$/.test(host) ? host : `${host.replace(/:$/, '')}:${DEFAULT_PORT}`)),
    master: decodeURIComponent(master),
    database,
    account,
    sentinelAccount: password === '' ? undefined : `${user}:${password}`,
  };
}

/** Why such a URL cannot be used: a part of a sentence that quotes nothing. */
export function sentinelFault({ path, query }: UrlParts): string | undefined {
  const [, master = '', database = '', ...more] = path.split('/');
  if (/^$|\s/.test(decodeURIComponent(master))) {
    return 'its path must begin with the name of the master, as in redis+sentinel://host:26379/mymaster';
  }
  if (!/^\d*$/.test(database) || more.length > 0) {
    return 'after the name of the master, its path may contain only the number of a database, such as /mymaster/0';
  }
  if (query === '') return undefined;
  const names = query.split('&').map((part) => part.slice(0, Math.max(0, part.indexOf('='))));
  if (names.some((name) => name !== USER && name !== PASSWORD)) {
    return `it takes no parameters but ${USER} and ${PASSWORD}; an & in these must be written %26`;
  }
  if (new Set(names).size < names.length) return 'a parameter occurs twice';
  if (query.includes('+')) return 'a + in a parameter is read as a space: write %2B';
  return new URLSearchParams(query).get(PASSWORD) ? undefined : `it has no ${PASSWORD}, or an empty one`;
}
