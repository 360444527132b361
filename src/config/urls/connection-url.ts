import { parseSqlServerUrl } from './sql-server-url.js';

/** The parts of a database or cache URL that matter for its safety. */
export interface ConnectionUrl {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** Of the account or, as PostgreSQL's drivers read it, of the parameter `user`. */
  readonly user: string;
  readonly password: string;
  /** A cluster has several. */
  readonly addresses: readonly Address[];
  readonly parameters: URLSearchParams;
}

interface Address {
  /** In lower case; an IPv6 address in brackets. */
  readonly host: string;
  readonly port?: number;
}

/** The parts of a URL as they are written. */
export interface UrlParts {
  /** In lower case, without the colon. */
  readonly scheme: string;
  /** User and password; undefined without an @. */
  readonly account: string | undefined;
  readonly hosts: readonly string[];
  /** From the / on. */
  readonly path: string;
  readonly query: string;
}

// Not `new URL()`, which refuses several hosts and passwords that drivers accept.
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)([^?#]*)(?:\?([^#]*))?/i;

/** Splits a URL where drivers do, or answers undefined where the text is none. */
export function splitUrl(text: string): UrlParts | undefined {
  const [, scheme, account, hosts = '', path = '', query = ''] = PARTS.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  return { scheme: scheme.toLowerCase(), account, hosts: hosts.split(','), path, query };
}

/** Takes a URL apart, or answers undefined where the text is none. */
export function parseConnectionUrl(text: string): ConnectionUrl | undefined {
  const parts = splitUrl(text);
  if (parts === undefined) return undefined;
  if (parts.scheme === 'sqlserver') return parseSqlServerUrl(text);
  const { scheme, account = '', hosts, query } = parts;
  const [user, password] = splitAccount(account);
  const parameters = new URLSearchParams(query);
  return {
    scheme,
    user: parameters.getAll('user').at(-1) || decoded(user),
    password: parameters.getAll('password').at(-1) || decoded(password),
    addresses: hosts.map(addressOf),
    parameters,
  };
}

/** User and password as they are written. */
function splitAccount(account: string): [user: string, password: string] {
  const colon = account.indexOf(':');
  return colon === -1 ? [account, ''] : [account.slice(0, colon), account.slice(colon + 1)];
}

function addressOf(text: string): Address {
  const [, host = '', port = ''] = /^(.*?)(?::(\d*))?$/s.exec(text) ?? [];
  return { host: decoded(host).toLowerCase(), ...(port === '' ? {} : { port: Number(port) }) };
}

/** Without percent-encoding; a % that begins none is one itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return text;
  }
}
