import { httpDate } from './http-date.js';
import { hasCookie, type HeaderValue, type Headers } from './response-headers.js';

/** How long a shared cache may store a response according to its headers. */
export interface Freshness {
  /** Remaining seconds: 0 if it may not be stored, Infinity if the headers do not say. */
  readonly seconds: number;
  /** Seconds it has already spent in upstream caches. */
  readonly age: number;
}

/**
 * RFC 9111, sections 3, 4.2.1 and 5: `s-maxage` takes precedence over `max-age` and `Expires`, malformed values count as
 * stale, and the time in upstream caches is part of the age.
 */
export function freshnessOf(headers: Headers, now: number): Freshness {
  const age = parseSeconds(String(headers['age'] ?? '0').split(',')[0]!) ?? 0;
  if (!isShareable(headers)) return { seconds: 0, age };
  return { seconds: Math.max(0, lifetimeOf(headers, now) - age), age };
}

/** Whether nothing forbids sending this response to other clients. */
function isShareable(headers: Headers): boolean {
  if (hasCookie(headers)) return false;
  const words = String(headers['cache-control'] ?? '').replace(QUOTED_VALUE, '');
  return !FORBIDDING.test(words);
}

function lifetimeOf(headers: Headers, now: number): number {
  const directives = directivesIn(headers['cache-control']);
  const seconds = directives.get('s-maxage') ?? directives.get('max-age');
  if (seconds !== undefined) return parseSeconds(seconds) ?? 0;
  const { expires, date } = headers;
  if (expires === undefined) return Infinity;
  const end = httpDate(expires);
  const start = httpDate(date);
  const lifetime = (end - (Number.isNaN(start) ? now : start)) / 1000;
  return Number.isNaN(lifetime) ? 0 : lifetime;
}

const QUOTED_VALUE = /="(?:[^"\\]|\\.)*"/g;
// In any spelling: a malformed directive forbids as well.
const FORBIDDING = /(?<![a-z0-9_-])(?:private|no-store|no-cache)(?![a-z0-9_-])/i;
// A name, and an optional value that may be quoted.
const DIRECTIVE = /([^\s,=]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"?|[^,]*))?/g;

/** The directives of a Cache-Control header; the first one of duplicates. */
function directivesIn(cacheControl: HeaderValue | undefined): Map<string, string> {
  const directives = new Map<string, string>();
  for (const [, name = '', value = ''] of String(cacheControl ?? '').matchAll(DIRECTIVE)) {
    const key = name.toLowerCase();
    if (!directives.has(key)) directives.set(key, value.trim().replace(/^"(.*)"$/, '$1'));
  }
  return directives;
}

/** Delta-seconds (RFC 9111, 1.2.2). */
function parseSeconds(text: string): number | undefined {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : undefined;
}
