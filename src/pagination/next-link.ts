import type { PagedRequest } from './page-state.js';
import { isGiven } from './page-request.js';

/** The start of a page, as a query parameter. */
export type NextPage = { readonly after: string } | { readonly offset: number };

/** The page whose successor the link points to. */
export interface LinkedPage {
  readonly limit: number;
  readonly next: NextPage;
  /** What the page was parsed from. */
  readonly input: Readonly<Record<string, unknown>>;
  /** Whether `input` is the query as the adapter parsed it, not the input of `resolvePage()`. */
  readonly isQuery: boolean;
  /** Whether the route reads `after` as a cursor. If not, `after` is a filter of the application. */
  readonly isSorted: boolean;
}

/** A parameter as the client wrote it, and parsed. */
interface Parameter {
  readonly text: string;
  readonly name: string;
  readonly value: string;
}

// Parsers silently drop all further parameters; the link adds two.
const MAX_PARAMETERS = 1000;

/**
 * The Link header (RFC 8288) to the next page. Its target is the query alone, so it stays valid behind a proxy that
 * changes the path. The page parameters come first and are the only ones that change.
 *
 * Undefined if the link would not lead to that page, for instance because a middleware sets the offset itself.
 */
export function nextLink(request: PagedRequest, page: LinkedPage): string | undefined {
  const { input, limit, next, isSorted } = page;
  if ('after' in next && next.after === input['after']) return undefined;
  const replaced = ['limit', 'offset', ...(isSorted || 'after' in next ? ['after'] : [])];
  const sent = parametersOf(request);
  const filters = filtersOf(sent, page, replaced);
  if (filters === undefined || filters.length > MAX_PARAMETERS - 2) return undefined;
  const [[name, value]] = Object.entries(next) as [[string, string | number]];
  return `<?${[`limit=${limit}`, `${name}=${value}`, ...filters].join('&')}>; rel="next"`;
}

/**
 * The other parameters, as the client wrote them. If a middleware rewrote the query, they are taken from that query.
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
    return sent.filter(({ name }) => !replaced.includes(name)).map(({ text }) => escapeText(text));
  }
  // The page does not start where the client asked for it, so the next page would not either.
  if (!isQuery || positions.some((name) => differs(name) && valuesOf(sent, name).length > 0))
    return undefined;
  return buildQuery(Object.entries(input).filter(([name]) => !replaced.includes(name)));
}

function parametersOf({ originalUrl, url, routeOptions }: PagedRequest): Parameter[] {
  // Express drops a fragment; Fastify reads it as a part of the query.
  const target = routeOptions === undefined ? (originalUrl ?? url).replace(/#.*/s, '') : (originalUrl ?? url);
  const start = target.search(/[?#]/);
  return (start < 0 ? '' : target.slice(start + 1))
    .split('&')
    .filter((text) => text !== '')
    .map((text) => {
      // URLSearchParams would drop a question mark at the start.
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

/** A query with these parameters; undefined if one is nested, since there is no standard notation for it. */
function buildQuery(parameters: readonly (readonly [string, unknown])[]): string[] | undefined {
  const pairs = parameters.flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const));
  if (pairs.some(([, value]) => typeof value === 'object' && value !== null)) return undefined;
  return pairs.map(([name, value]) => new URLSearchParams([[name, String(value)]]).toString());
}

// Characters that would end the target or the query, or that a header cannot contain.
const UNSAFE = /[^\x21-\x7e]|[<>"#]/gu;

/** Percent-encodes as UTF-8, so that parsers decode the original characters. */
function escapeText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const bytes = [...Buffer.from(character)];
    return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
  });
}
