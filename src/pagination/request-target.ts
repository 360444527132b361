import type { PagedRequest } from './paged-request.js';

/** A parameter as the client wrote it, and parsed. */
export interface Parameter {
  readonly text: string;
  readonly name: string;
  readonly value: string;
}

/** The parameters of a request. */
export function parametersOf(request: PagedRequest): Parameter[] {
  const target = targetOf(request);
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

/** The values of a parameter. */
export function valuesOf(parameters: readonly Parameter[], name: string): readonly string[] {
  return parameters.filter((parameter) => parameter.name === name).map(({ value }) => value);
}

/** The path of a request, without the authority that a request to a proxy names. */
export function pathOfTarget(request: PagedRequest): string {
  const [target = ''] = targetOf(request).split(/[?#]/, 1);
  const path = escapeText(target.replace(/^[a-z][a-z\d+.-]*:\/\/[^/]*/i, ''));
  // A path that starts with two slashes would be read as a host.
  return path.startsWith('//') ? `/.${path}` : path;
}

/** A query with these parameters; undefined if one is nested, since there is no standard notation for it. */
export function queryOf(parameters: readonly (readonly [string, unknown])[]): string[] | undefined {
  const pairs = parameters.flatMap(([name, value]) => [value].flat().map((one) => [name, one] as const));
  if (pairs.some(([, value]) => typeof value === 'object' && value !== null)) return undefined;
  return pairs.map(([name, value]) => new URLSearchParams([[name, String(value)]]).toString());
}

// Characters that would end the target or the query, or that a header cannot contain. Clients read \ as a slash.
const UNSAFE = /[^\x21-\x7e]|[<>"#\\]/gu;

/** Percent-encodes as UTF-8, so that parsers decode the original characters. */
export function escapeText(text: string): string {
  return text.replaceAll(UNSAFE, (character) => {
    const bytes = [...Buffer.from(character)];
    return bytes.map((byte) => `%${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('');
  });
}

function targetOf({ originalUrl, url, routeOptions }: PagedRequest): string {
  // Express drops a fragment; Fastify reads it as a part of the query.
  return routeOptions === undefined ? (originalUrl ?? url).replace(/#.*/s, '') : (originalUrl ?? url);
}
