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
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  for (const [name, value] of Object.entries(granted)) query.set(name, value);
  query.sort();
  const path = start < 0 ? url : url.slice(0, start);
  return short(`${method} ${host.toLowerCase()}${path}?${query.toString()}`);
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
