import { parseSqlServerUrl } from './sql-server-url.js';

/** The parts of a database or cache URL that are relevant to security. */
export interface ConnectionUrl {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** The user of the account, or of the parameter `user`, which PostgreSQL drivers read. */
  readonly user: string;
  readonly password: string;
  /** Several for a cluster. */
  readonly addresses: readonly Address[];
  readonly parameters: URLSearchParams;
}

interface Address {
  /** In lower case; an IPv6 address in brackets. */
  readonly host: string;
  readonly port?: number;
}

/** The parts of a URL, not decoded. */
export interface UrlParts {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** User and password; undefined without an @. */
  readonly account: string | undefined;
  readonly hosts: readonly string[];
  /** Including the leading slash. */
  readonly path: string;
  readonly query: string;
}

// Not `new URL()`, which rejects several hosts, and passwords that drivers accept.
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?/i;

/** Splits a URL as drivers do. Undefined if the text is not a URL. */
export function splitUrl(text: string): UrlParts | undefined {
  const [, scheme, account, hosts = '', path = '', query = ''] = PARTS.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  return { scheme: scheme.toLowerCase(), account, hosts: hosts.split(','), path, query };
}

/** Parses a URL. Undefined if the text is not a URL. */
export function parseConnectionUrl(text: string): ConnectionUrl | undefined {
  const parts = splitUrl(text);
  if (parts === undefined) return undefined;
  if (parts.scheme === 'sqlserver') return parseSqlServerUrl(text);
  const { scheme, account = '', hosts, query } = parts;
  const [user, password] = splitAccount(account);
  const parameters = new URLSearchParams(query);
  return {
    scheme,
    user: parameters.getAll('user').at(-1) || decodePercent(user),
    password: parameters.getAll('password').at(-1) || decodePercent(password),
    addresses: hosts.map(addressOf),
    parameters,
  };
}

/** User and password, not decoded. */
function splitAccount(account: string): [user: string, password: string] {
  const colon = account.indexOf(':');
  return colon === -1 ? [account, ''] : [account.slice(0, colon), account.slice(colon + 1)];
}

function addressOf(text: string): Address {
  const [, host = '', port = ''] = /^(.*?)(?::(\d*))?$/s.exec(text) ?? [];
  return { host: decodePercent(host).toLowerCase(), ...(port === '' ? {} : { port: Number(port) }) };
}

/** Decodes percent-encoding. A % that does not begin an escape is kept. */
function decodePercent(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}
