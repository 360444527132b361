import { VersioningType, type ExecutionContext, type VersioningOptions } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { CachedRoute } from './cached-route.js';

/** Query parameters as a route grants them, whatever the client asked: responses that differ in nothing else are one. */
export type GrantedQuery = (context: ExecutionContext) => Readonly<Record<string, string>>;

/** What Express and Fastify have in common of a request. */
export interface HttpRequest {
  readonly method: string;
  readonly protocol: string;
  readonly hostname: string | undefined;
  readonly url: string;
  readonly originalUrl?: string;
  readonly query: unknown;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly socket: { readonly encrypted?: boolean };
}

// Longer URLs are rare, and would fill the memory.
const MAX_KNOWN_LENGTH = 512;
const MAX_KNOWN = 512;
// Of a longer query each order of parameters is a resource of its own.
const MAX_SORTED_LENGTH = 2048;

/** Tells apart what requests may be answered with differently. */
export class ResponseKeys {
  /** The resources of URLs that were asked for lately. */
  private readonly known = new Map<CachedRoute, Map<string, string>>();

  constructor(
    private readonly granted: GrantedQuery,
    private readonly versioning: () => VersioningOptions | undefined,
  ) {}

  /** The same for all requests whose responses may only differ by their headers. */
  resourceOf(route: CachedRoute, request: HttpRequest, context: ExecutionContext): string {
    const seen = fingerprintOf(request);
    if (seen === undefined || route.hasVersions) return hash(this.partsOf(route, request, context));
    let known = this.known.get(route);
    if (known === undefined) this.known.set(route, (known = new Map()));
    let resource = known.get(seen);
    if (resource === undefined) {
      resource = hash(this.partsOf(route, request, context));
      if (known.size >= MAX_KNOWN) known.delete(known.keys().next().value!);
      known.set(seen, resource);
    }
    return resource;
  }

  /** Where the responses are kept whose requests have the same values of the named headers. */
  keyOf(resource: string, headers: HttpRequest['headers'], names: readonly string[]): string {
    if (names.length === 0) return `http:${resource}`;
    // They may be tokens.
    return `http:${hash([resource, names.map((name) => [name, headers[name] ?? null])])}`;
  }

  private partsOf(route: CachedRoute, request: HttpRequest, context: ExecutionContext): unknown {
    const { protocol, hostname, headers, url, originalUrl = url } = request;
    const start = originalUrl.indexOf('?');
    const path = start < 0 ? originalUrl : originalUrl.slice(0, start);
    const { query: keyed } = route.scope;
    const granted = this.granted(context);
    const query = Object.entries(Object(request.query) as object).filter(([name]) =>
      isInKey(name, granted, keyed),
    );
    // Parsers lose what is no UTF-8, or too much, and handlers may read the URL.
    const raw = keyed === undefined && start >= 0 ? originalUrl.slice(start + 1) : '';
    const pairs = raw.length > MAX_SORTED_LENGTH ? raw : pairsOf(raw, granted);
    return [
      route.identity,
      [protocol, headers['host'] ?? headers[':authority'], hostname],
      [path, url === originalUrl ? null : url],
      [canonical(Object.fromEntries(query)), pairs, canonical(granted)],
      route.hasVersions ? this.versionOf(request) : null,
    ];
  }

  /** What a request asks for beside its path. */
  private versionOf(request: HttpRequest): unknown {
    const versioning = this.versioning();
    if (versioning?.type === VersioningType.HEADER) return request.headers[versioning.header.toLowerCase()];
    if (versioning?.type === VersioningType.MEDIA_TYPE) return request.headers['accept'];
    return versioning?.type === VersioningType.CUSTOM ? versioning.extractor(request) : null;
  }
}

/** All that a resource is read from, as far as it is there at once; undefined where more may count. */
function fingerprintOf(request: HttpRequest): string | undefined {
  const { headers, url, originalUrl = url, socket } = request;
  // What a proxy says counts by who says it.
  if (headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined)
    return undefined;
  const host = String(headers['host'] ?? headers[':authority']);
  if (host.length + originalUrl.length + url.length > MAX_KNOWN_LENGTH) return undefined;
  const rewritten = url === originalUrl ? '' : url;
  // Middleware may have put another one in its place.
  const query = Object.hasOwn(request, 'query') ? queryText(request.query) : '';
  return `${socket.encrypted === true ? 's' : ''}${host.length} ${host}${originalUrl}\n${query}\n${rewritten}`;
}

/** A text that differs where queries do. */
function queryText(query: unknown): string {
  let text = '';
  for (const name in query as Record<string, unknown>) {
    const value = (query as Record<string, unknown>)[name];
    if (typeof value !== 'string') return JSON.stringify(canonical(query));
    text += `${name.length} ${name}${value.length} ${value}`;
  }
  return text;
}

/** The order of parameters does not matter. */
function pairsOf(query: string, granted: Readonly<Record<string, string>>): string[] {
  return query
    .split('&')
    .filter((pair) => pair !== '' && !Object.hasOwn(granted, pair.split('=', 1)[0]!))
    .toSorted();
}

function isInKey(
  name: string,
  granted: Readonly<Record<string, string>>,
  keyed: readonly string[] | undefined,
): boolean {
  return !Object.hasOwn(granted, name) && (keyed === undefined || keyed.includes(name));
}

/** The same text for the same members, whatever their order; arrays keep theirs. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value === 'bigint') return { bigint: String(value) };
  if (typeof value !== 'object' || value === null) return value;
  if (value instanceof Map || value instanceof Set) return canonical([...value]);
  if ('toJSON' in value && typeof value.toJSON === 'function') return canonical(value.toJSON());
  const members = Object.entries(value).map(([name, member]) => [name, canonical(member)] as const);
  return { of: members.toSorted(([one], [other]) => (one < other ? -1 : Number(one > other))) };
}

function hash(parts: unknown): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
