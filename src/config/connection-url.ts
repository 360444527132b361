/** The parts of a database or cache URL that matter for its safety. */
export interface ConnectionUrl {
  /** In lower case, without the colon. */
  readonly scheme: string;
  readonly user: string;
  readonly password: string;
  /** Without ports; a cluster has several. */
  readonly hosts: readonly string[];
  readonly parameters: URLSearchParams;
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
    hosts: hosts.split(',').map((host) => decoded(host.replace(/:\d*$/, '')).toLowerCase()),
    parameters: new URLSearchParams(query),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
