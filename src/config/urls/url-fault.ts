import type { UrlParts } from './connection-url.js';

/**
 * Why a driver does not read a URL as it is meant, whichever driver it is: a sentence that quotes nothing but the
 * character, or undefined.
 */
export function urlFault(text: string, { account, hosts, path, query }: UrlParts): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'it holds a tab, a line break or another control character';
  const hash = text.indexOf('#');
  if (hash !== -1) return `${placeOf(text, hash)} holds a # that must be written %23`;
  // Where the account ends too early, the rest of it is taken for a path or parameters; ///database?user=a@b has none.
  const cut = path === '' ? '?' : '/';
  const isNamed = path !== '' && account === undefined && hosts.join() === '';
  if (path.includes('@') || (query.includes('@') && !isNamed)) {
    return `it has an @ behind the host: a ${cut} in the user or the password must be written ${cut === '?' ? '%3F' : '%2F'}, and an @ elsewhere %40`;
  }
  if (!isUtf8(text)) return 'what it holds percent-encoded is not UTF-8: é is written %C3%A9';
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path))
    return 'its path holds . or .. as a name, which is left out';
  return undefined;
}

/** The same for its hosts. */
export function hostFault(hosts: readonly string[]): string | undefined {
  for (const text of hosts) {
    const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
    if (host === '') return 'the host is missing';
    if (/\s/.test(host) || !URL.canParse(`x://${host}`)) return 'the host holds what no host name holds';
    if (port !== undefined && port !== '' && !isPort(port))
      return 'the port must be a number from 1 to 65535';
  }
  return undefined;
}

export function isPort(text: string): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) > 0 && Number(text) < 65_536;
}

/** Whether a text holds a % that begins no percent-encoding. */
export function hasStrayPercent(text: string): boolean {
  return /%(?![0-9a-f]{2})/i.test(text);
}

/** A # is named after the part in which it stands: the account where an @ follows. */
function placeOf(text: string, index: number): string {
  if (!text.includes('@', index)) return 'it';
  return text.slice(text.indexOf('://') + 3, index).includes(':') ? 'the password' : 'the user';
}

function isUtf8(text: string): boolean {
  try {
    decodeURIComponent(text.replace(/%(?![0-9a-f]{2})/gi, ''));
    return true;
  } catch {
    return false;
  }
}
