import { parseSentinelUrl, splitUrl } from '../../../config/index.js';

/** Sentinels, and the URL of the server to whose address they lead. */
export interface SentinelNodes {
  /** The URLs of the Sentinels. */
  readonly sentinels: readonly string[];
  /** The name of the master. */
  readonly master: string;
  /** The URL of the server at an address, with the account and the database. */
  readonly urlAt: (host: string, port: string) => string;
}

/**
 * The URLs of the hosts that a valid CACHE_URL names, as the client reads them, each with the account. Several hosts are nodes
 * of a cluster, which has no databases: their URLs have no path.
 */
export function nodesOf(url: string): readonly string[] {
  const { account, hosts, path } = splitUrl(url)!;
  const beginning = beginningOf(url, account);
  if (hosts.length === 1) return [`${beginning}${hosts.join()}${path}`];
  return [...new Set(hosts)].map((host) => `${beginning}${host}`);
}

/** What a valid CACHE_URL of Sentinels says. */
export function sentinelNodesOf(url: string): SentinelNodes {
  const { hosts, master, database, account, sentinelAccount } = parseSentinelUrl(url);
  return {
    sentinels: [...new Set(hosts)].map((host) => `${beginningOf(url, sentinelAccount)}${host}`),
    master,
    urlAt: (host, port) =>
      `${beginningOf(url, account)}${host.includes(':') ? `[${host}]` : host}:${port}/${database}`,
  };
}

/** Scheme and account. The client does not know the scheme of Valkey. */
function beginningOf(url: string, account: string | undefined): string {
  const [, s] = /^(?:redis|valkey)(s?)/i.exec(url)!;
  return `redis${s}://${account === undefined ? '' : `${account}@`}`;
}
