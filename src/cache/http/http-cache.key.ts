import { createHash } from 'node:crypto';

/** The parts of a request that tell its answer from others. */
export interface RequestParts {
  readonly method: string;
  readonly host: string;
  /** Path and query as the client sent them. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

const MAX_LENGTH = 200;

/** The same for all requests whose answers may only differ by their headers: the order of parameters does not matter. */
export function resourceOf(
  { method, host, url }: RequestParts,
  granted: Readonly<Record<string, string>>,
): string {
  const start = url.indexOf('?');
  const path = start < 0 ? url : url.slice(0, start);
  const parameters = (start < 0 ? '' : url.slice(start + 1))
    .split('&')
    .filter((pair) => pair !== '')
    .map(parameterOf)
    .filter(({ name }) => !Object.hasOwn(granted, name));
  for (const [name, value] of Object.entries(granted)) {
    parameters.push({ name, text: `${name}=${encodeURIComponent(value)}` });
  }
  // The order of those with one name may matter, and stays.
  const query = parameters.toSorted((one, other) =>
    one.name < other.name ? -1 : Number(one.name > other.name),
  );
  return short(`${method} ${host.toLowerCase()}${path}?${query.map(({ text }) => text).join('&')}`);
}

/** In one spelling. What is not UTF-8 keeps its own, since some parsers hand it on as it is. */
function parameterOf(pair: string): { name: string; text: string } {
  const parsed = new URLSearchParams(pair);
  const [name = ''] = parsed.keys();
  try {
    decodeURIComponent(pair);
    return { name, text: parsed.toString() };
  } catch {
    return { name, text: pair };
  }
}

/** The key of an answer: its resource, and a hash of the headers, which may be tokens. */
export function answerKey(resource: string, { headers }: RequestParts, names: readonly string[]): string {
  if (names.length === 0) return `http:${resource}`;
  return `http:${resource} ${hash(JSON.stringify(names.map((name) => [name, headers[name] ?? null])))}`;
}

function short(resource: string): string {
  return resource.length <= MAX_LENGTH ? resource : hash(resource);
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}
