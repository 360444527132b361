import type { UrlParts } from './connection-url.js';

/**
 * Why any driver would misread a URL: a sentence that quotes only the offending character, or undefined.
 */
export function urlFault(text: string, { account, hosts, path, query }: UrlParts): string | undefined {
  if (/[\p{Cc}\p{Cs}]/u.test(text)) return 'it holds a tab, a line break or another control character';
  const hash = text.indexOf('#');
  if (hash !== -1) return `${placeOf(text, hash)} contains a # that must be written %23`;
  // If the account ends too early, the rest is read as path or parameters. ///database?user=a@b has no account.
  const cut = path === '' ? '?' : '/';
  const isNamed = path !== '' && account === undefined && hosts.join() === '';
  if (path.includes('@') || (query.includes('@') && !isNamed)) {
    return `it has an @ after the host: a ${cut} in the user or the password must be written ${cut === '?' ? '%3F' : '%2F'}, and an @ elsewhere %40`;
  }
  if (!isUtf8(text)) return 'its percent-encoded text is not UTF-8: é is written %C3%A9';
  if (/(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i.test(path)) return 'its path contains . or .., which is removed';
  return undefined;
}

/** Like `urlFault`, for the hosts. */
export function hostFault(hosts: readonly string[]): string | undefined {
  for (const text of hosts) {
    const [, host = '', port] = /^(\[[^\]]*\]|[^:]*)(?::(.*))?$/s.exec(text) ?? [];
    if (host === '') return 'the host is missing';
    if (/\s/.test(host) || !URL.canParse(`x://${host}`))
      return 'the host contains what no host name can contain';
    if (port !== undefined && port !== '' && !isPort(port))
      return 'the port must be a number from 1 to 65535';
  }
  return undefined;
}

export function isPort(text: string): boolean {
  return /^\d{1,9}$/.test(text) && Number(text) > 0 && Number(text) < 65_536;
}

/** Whether a text contains a % that does not begin an escape. */
export function hasStrayPercent(text: string): boolean {
  return /%(?![0-9a-f]{2})/i.test(text);
}

/** The part of the URL that contains the #: the account if an @ follows. */
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
