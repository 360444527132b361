/** What Express and Fastify have in common of a response. */
export interface ResponseHead {
  readonly statusCode: number;
  /** Fastify's way to Node's own response. */
  readonly raw?: NodeResponse;
  getHeaders(): Readonly<Record<string, unknown>>;
}

interface NodeResponse {
  readonly destroyed?: boolean;
  readonly closed?: boolean;
  readonly socket?: { readonly destroyed: boolean } | null;
}

/** Whether nobody waits for the response any more. */
export function hasLeft(response: ResponseHead): boolean {
  const { destroyed, closed, socket } = response.raw ?? (response as NodeResponse);
  return destroyed === true || closed === true || socket?.destroyed === true;
}

/** Headers as a cache keeps them: by lower-case name. */
export type Headers = Readonly<Record<string, string | readonly string[]>>;

// They belong to one message, or are made anew from the body.
const PER_MESSAGE = new Set(
  'age connection content-length date etag keep-alive transfer-encoding vary x-cache'.split(' '),
);

export function headersOf(response: ResponseHead): Headers {
  const entries = Object.entries(response.getHeaders()).map(([name, value]) => [
    name.toLowerCase(),
    Array.isArray(value) ? value.map(String) : String(value),
  ]);
  return Object.fromEntries(entries) as Headers;
}

/** What was set since `before`, and belongs to the answer. */
export function headersSince(before: Headers, after: Headers): Headers {
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => !PER_MESSAGE.has(name) && String(before[name]) !== String(value),
    ),
  );
}

/** The names in a Vary header, in lower case. */
export function variedBy({ vary = [] }: Headers): string[] {
  return String(vary)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '');
}

/** Seconds for which an answer may be shared: 0 where it may not, Infinity where its headers do not say. */
export function sharedSeconds(headers: Headers): number {
  if (headers['set-cookie'] !== undefined) return 0;
  const control = String(headers['cache-control'] ?? '').toLowerCase();
  if (/(?:^|[\s,])(?:private|no-store|no-cache)(?=$|[\s,=])/.test(control)) return 0;
  const [, seconds] =
    /(?:^|[\s,])s-maxage="?(\d+)/.exec(control) ?? /(?:^|[\s,])max-age="?(\d+)/.exec(control) ?? [];
  return seconds === undefined ? Infinity : Number(seconds);
}
