import type { OutgoingHttpHeaders } from 'node:http';
import { httpDate } from './http-date.js';

/** Headers of a response, by lower-case name. */
export type Headers = Readonly<Record<string, HeaderValue>>;
export type HeaderValue = string | readonly string[];

// They belong to one message, or are made anew for each.
const PER_MESSAGE = new Set(
  'age connection content-length content-type date etag keep-alive set-cookie transfer-encoding vary x-cache'.split(
    ' ',
  ),
);

/** What was set since `before`, and belongs to the response. */
export function headersSince(before: Headers, after: Headers): Headers {
  // What Connection lists is for the next hop alone (RFC 9110, 7.6.1).
  const forNextHop = namesIn(after['connection']);
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) =>
        !PER_MESSAGE.has(name) && !forNextHop.includes(name) && String(before[name]) !== String(value),
    ),
  );
}

/** The headers that leave: those that are set, and those that only `writeHead` is given. */
export function finalHeaders(set: OutgoingHttpHeaders, written: unknown): Headers {
  const headers: Record<string, HeaderValue> = {};
  const add = (name: string, value: HeaderValue | number | undefined) => {
    if (value !== undefined) headers[name.toLowerCase()] = typeof value === 'number' ? String(value) : value;
  };
  for (const [name, value] of Object.entries(set)) add(name, value);
  if (Array.isArray(written)) {
    const pairs = (Array.isArray(written[0]) ? written.flat() : written) as string[];
    for (let index = 0; index < pairs.length; index += 2) add(pairs[index]!, pairs[index + 1]);
  } else if (typeof written === 'object' && written !== null) {
    for (const [name, value] of Object.entries(written)) add(name, value as HeaderValue);
  }
  return headers;
}

/** Whether it sets a cookie, which is for one client alone. */
export function hasCookie({ 'set-cookie': cookie = [] }: Headers): boolean {
  return cookie.length > 0;
}

/** The names in a Vary header, in lower case. */
export function namesIn(vary: HeaderValue | undefined): string[] {
  return spelledNamesIn(vary).map((name) => name.toLowerCase());
}

/** The same as they are written. */
export function spelledNamesIn(vary: HeaderValue | undefined): string[] {
  return String(vary ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Whether a client that sent these headers has this response already (RFC 9110, 13.2.2). */
export function isUnmodified(
  asked: Readonly<Record<string, string | readonly string[] | undefined>>,
  etag: string | undefined,
  lastModified: unknown,
): boolean {
  const tags = asked['if-none-match'];
  if (tags === undefined && asked['if-modified-since'] === undefined) return false;
  // A reload asks for the whole response.
  if (/\bno-cache\b/i.test(String(asked['cache-control'] ?? ''))) return false;
  if (tags !== undefined) {
    if (String(tags).trim() === '*') return true;
    return etag !== undefined && String(tags).split(',').map(opaque).includes(opaque(etag));
  }
  return httpDate(lastModified) <= httpDate(asked['if-modified-since']);
}

/** A tag for the weak comparison (RFC 9110, 8.8.3.2). */
function opaque(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}
