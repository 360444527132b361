/** The parts of a database or cache URL that matter for its safety. */
export interface ConnectionUrl {
  /** In lower case, without the colon. */
  readonly scheme: string;
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

// Not `new URL()`, which refuses several hosts and passwords that drivers accept.
const PARTS = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#@]*)[^?#]*(?:\?([^#]*))?/i;

/** Takes a URL apart, or answers undefined where the text is none. */
export function parseConnectionUrl(text: string): ConnectionUrl | undefined {
  const [, scheme, account = '', hosts = '', query] = PARTS.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  const colon = account.indexOf(':');
  return {
    scheme: scheme.toLowerCase(),
    user: decoded(colon === -1 ? account : account.slice(0, colon)),
    password: colon === -1 ? '' : decoded(account.slice(colon + 1)),
    addresses: hosts.split(',').map(addressOf),
    parameters: new URLSearchParams(query),
  };
}

function addressOf(text: string): Address {
  const [, host = '', port = ''] = /^(.*?)(?::(\d*))?$/s.exec(text) ?? [];
  return { host: decoded(host).toLowerCase(), ...(port === '' ? {} : { port: Number(port) }) };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
