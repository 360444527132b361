import type { HttpRequest } from './page-state.js';
import { isGiven } from './page-request.js';

/** Where a page begins, as the client asks for it. */
export type NextPage = { readonly after: string } | { readonly offset: number };

/** The page behind which the link leads. */
export interface LinkedPage {
  readonly limit: number;
  readonly next: NextPage;
  /** What the page was read from. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Whether `input` is the query as the adapter parsed it, not what a handler made of the request. */
  readonly isQuery: boolean;
  /** Whether the route reads `after` as a cursor. Otherwise it is a filter of the application. */
  readonly isSorted: boolean;
}

/** A parameter as the client wrote it, and as it is read. */
interface Parameter {
  readonly text: string;
  readonly name: string;
  readonly value: string;
}

// Parsers read that many and drop the rest without a word; the link adds two.
const MOST_PARAMETERS = 1000;

/**
 * A Link header (RFC 8288) to the page behind this one. The target holds the query alone, so that it stays right
 * behind a proxy that changes the path. The parameters of the page come first and are the only ones that change.
 *
 * Undefined if following it would not lead to that page, for instance because a middleware sets the offset itself.
 */
export function nextLink(request: HttpRequest, page: LinkedPage): string | undefined {
  const { input, limit, next, isSorted } = page;
  if ('after' in next && next.after === input['after']) return undefined;
  const replaced = ['limit', 'offset', ...(isSorted || 'after' in next ? ['after'] : [])];
  const sent = parametersOf(request);
  const filters = filtersOf(sent, page, replaced);
  if (filters === undefined || filters.length > MOST_PARAMETERS - 2) return undefined;
  const [[name, value]] = Object.entries(next) as [[string, string | number]];
  return `<?${[`limit=${limit}`, `${name}=${value}`, ...filters].join('&')}>; rel="next"`;
}

/**
 * The other parameters: as the client wrote them, unless the page was read from a rewritten query, whose names the
 * client did not use.
 */
function filtersOf(
  sent: readonly Parameter[],
  { input, isQuery }: LinkedPage,
  replaced: readonly string[],
): string[] | undefined {
  const positions = replaced.filter((name) => name !== 'limit');
  const differs = (name: string) => !isSame(name, valuesOf(sent, name), input[name]);
  const isRewritten = (isQuery ? replaced : positions).some(differs);
  if (!isRewritten) {
    return sent.filter(({ name }) => !replaced.includes(name)).map(({ text }) => escaped(text));
  }
  // The client said where the page begins, and it does not begin there: it would not do so for the next page either.
  if (!isQuery || positions.some((name) => differs(name) && valuesOf(sent, name).length > 0))
    return undefined;
  return rewritten(Object.entries(input).filter(([name]) => !replaced.includes(name)));
}

function parametersOf({ originalUrl, url, routeOptions }: HttpRequest): Parameter[] {
  // Express drops a fragment; Fastify reads it as a part of the query.
  const target = routeOptions === undefined ? (originalUrl ?? url).replace(/#.*/s, '') : (originalUrl ?? url);
  const start = target.search(/[?#]/);
  return (start < 0 ? '' : target.slice(start + 1))
    .split('&')
    .filter((text) => text !== '')
    .map((text) => {
      // A question mark at the start would be taken for that of the query.
      const [[name, value] = ['', '']] = new URLSearchParams(`&${text}`);
      return { text, name, value };
    });
}

function valuesOf(parameters: readonly Parameter[], name: string): readonly string[] {
  return parameters.filter((parameter) => parameter.name === name).map(({ value }) => value);
}

function isSame(name: string, [value, ...more]: readonly string[], read: unknown): boolean {
  if (more.length > 0) return false;
  if (name === 'offset') return Number(value ?? 0) === Number(read ?? 0);
  return isGiven(read) ? value === String(read) : value === undefined;
}

/** A query with these parameters; undefined if one is nested, which has more than one notation. */
function rewritten(parameters: readonly (readonly [string, unknown])[]): string[] | undefined {
  const pairs = parameters.flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const));
  if (pairs.some(([, value]) => typeof value === 'object' && value !== null)) return undefined;
  return pairs.map(([name, value]) => new URLSearchParams([[name, String(value)]]).toString());
}

// What would end the target or the query, and what a header cannot hold.
const UNSAFE = /[^\x21-\x7e]|[<>"#]/gu;

/** In UTF-8, so that parsers read the same characters as before. */
function escaped(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const bytes = [...Buffer.from(character)];
    return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
  });
}
