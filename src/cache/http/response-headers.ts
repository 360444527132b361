import type { OutgoingHttpHeaders } from 'node:http';
import { httpDate } from './http-date.js';

/** Headers of a response, by lower-case name. */
export type Headers = Readonly<Record<string, HeaderValue>>;
export type HeaderValue = string | readonly string[];

// These belong to one message, or are generated for each.
const PER_MESSAGE = new Set(
  'age connection content-length content-type date etag keep-alive set-cookie transfer-encoding vary x-cache'.split(
    ' ',
  ),
);

/** The changes of a handler to the response headers. */
export interface HeaderChanges {
  readonly set: Headers;
  /** Values appended to headers that others had set, perhaps for one client only. */
  readonly appended: Headers;
  readonly removed: readonly string[];
}

/** The header changes since `before` that belong to the response and not to one message. */
export function diffHeaders(before: Headers, after: Headers): HeaderChanges {
  // Headers listed in Connection are for the next hop only (RFC 9110, 7.6.1).
  const forNextHop = namesIn(after['connection']);
  const belongs = (name: string) => !PER_MESSAGE.has(name) && !forNextHop.includes(name);
  const set: Record<string, HeaderValue> = {};
  const appended: Record<string, HeaderValue> = {};
  for (const [name, value] of Object.entries(after)) {
    const earlier = before[name];
    if (!belongs(name) || String(earlier) === String(value)) continue;
    const rest = earlier === undefined ? undefined : appendedTo(earlier, value);
    if (rest === undefined) set[name] = value;
    else appended[name] = rest;
  }
  const removed = Object.keys(before).filter((name) => belongs(name) && after[name] === undefined);
  return { set, appended, removed };
}

/** The part that was appended to the earlier value; undefined if it was replaced. */
function appendedTo(earlier: HeaderValue, value: HeaderValue): HeaderValue | undefined {
  const [start, whole] = [[earlier].flat().join(', '), [value].flat().join(', ')];
  return whole.startsWith(`${start},`) ? whole.slice(start.length + 1).trim() : undefined;
}

/** The headers that are sent: those that are set, and those passed to `writeHead` only. */
export function mergeHeaders(set: OutgoingHttpHeaders, written: unknown): Headers {
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

/** Whether the response sets a cookie, which makes it one for a single client. */
export function hasCookie({ 'set-cookie': cookie = [] }: Headers): boolean {
  return cookie.length > 0;
}

/** The names in a Vary header, in lower case. */
export function namesIn(vary: HeaderValue | undefined): string[] {
  return spelledNamesIn(vary).map((name) => name.toLowerCase());
}

/** The names in a Vary header, in their original spelling. */
export function spelledNamesIn(vary: HeaderValue | undefined): string[] {
  return String(vary ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

/** Whether the client that sent these headers already has this response (RFC 9110, 13.2.2). */
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
    return etag !== undefined && String(tags).split(',').map(weakTag).includes(weakTag(etag));
  }
  return httpDate(lastModified) <= httpDate(asked['if-modified-since']);
}

/** An ETag in the form for weak comparison (RFC 9110, 8.8.3.2). */
function weakTag(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}
