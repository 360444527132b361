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

/** What a handler did to the headers that were there before it. */
export interface HeaderChanges {
  readonly set: Headers;
  /** What it appended to what others had set, perhaps for one client alone. */
  readonly appended: Headers;
  readonly removed: readonly string[];
}

/** What was done to the headers since `before`, and belongs to the response. */
export function diffHeaders(before: Headers, after: Headers): HeaderChanges {
  // What Connection lists is for the next hop alone (RFC 9110, 7.6.1).
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

/** What stands behind the earlier value; undefined where it was replaced. */
function appendedTo(earlier: HeaderValue, value: HeaderValue): HeaderValue | undefined {
  const [start, whole] = [[earlier].flat().join(', '), [value].flat().join(', ')];
  return whole.startsWith(`${start},`) ? whole.slice(start.length + 1).trim() : undefined;
}

/** The headers that leave: those that are set, and those that only `writeHead` is given. */
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
    return etag !== undefined && String(tags).split(',').map(weakTag).includes(weakTag(etag));
  }
  return httpDate(lastModified) <= httpDate(asked['if-modified-since']);
}

/** A tag for the weak comparison (RFC 9110, 8.8.3.2). */
function weakTag(tag: string): string {
  return tag.trim().replace(/^W\//, '');
}
