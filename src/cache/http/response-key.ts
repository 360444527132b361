import { VersioningType, type ExecutionContext, type VersioningOptions } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { CachedRoute } from './cached-route.js';

/** Normalized query parameters: requests that are granted the same values share a response, whatever they asked for. */
interface GrantedQuery {
  readonly values: Readonly<Record<string, string>>;
  /** The names of the parameters that they replace. */
  readonly names: readonly string[];
  /** The query without them. */
  readonly rest: object;
}

/**
 * The granted parameters of a request; undefined if all of them count as they are.
 *
 * @param counted the names of the other parameters in the key; undefined for all of them
 */
export type GrantQuery = (
  context: ExecutionContext,
  counted: readonly string[] | undefined,
) => GrantedQuery | undefined;

/** The parts of a request that Express and Fastify have in common. */
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

// Longer URLs are rare and would use too much memory.
const MAX_KNOWN_LENGTH = 512;
const MAX_KNOWN = 512;
// In a longer query the order of the parameters is part of the key.
const MAX_SORTED_LENGTH = 2048;

/** Computes the cache keys of requests. */
export class ResponseKeys {
  /** The resources of recently requested URLs. */
  private readonly known = new Map<CachedRoute, Map<string, string>>();

  constructor(
    private readonly grant: GrantQuery,
    private readonly versioning: () => VersioningOptions | undefined,
  ) {}

  /** The part of the key that is the same for all requests whose responses differ by request headers only. */
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

  /** The cache key of requests with the same resource and the same values of the named headers. */
  keyOf(resource: string, headers: HttpRequest['headers'], names: readonly string[]): string {
    if (names.length === 0) return `http:${resource}`;
    // Hashed, because header values may be tokens.
    return `http:${hash([resource, names.map((name) => [name, headers[name] ?? null])])}`;
  }

  private partsOf(route: CachedRoute, request: HttpRequest, context: ExecutionContext): unknown {
    const { protocol, hostname, headers, url, originalUrl = url } = request;
    const start = originalUrl.indexOf('?');
    const path = start < 0 ? originalUrl : originalUrl.slice(0, start);
    const { query: keyed } = route.scope;
    const {
      values = {},
      names = [],
      rest = Object(request.query) as object,
    } = this.grant(context, keyed) ?? {};
    const query = Object.entries(rest).filter(([name]) => keyed === undefined || keyed.includes(name));
    // Parsers drop invalid UTF-8 and excess parameters, but handlers may read the URL.
    const raw = keyed === undefined && start >= 0 ? originalUrl.slice(start + 1) : '';
    const pairs = raw.length > MAX_SORTED_LENGTH ? raw : pairsOf(raw, names);
    return [
      route.identity,
      [protocol, headers['host'] ?? headers[':authority'], hostname],
      [path, url === originalUrl ? null : url],
      [canonical(Object.fromEntries(query)), pairs, canonical(values)],
      route.hasVersions ? this.versionOf(request) : null,
    ];
  }

  /** The requested version, unless it is part of the path. */
  private versionOf(request: HttpRequest): unknown {
    const versioning = this.versioning();
    if (versioning?.type === VersioningType.HEADER) return request.headers[versioning.header.toLowerCase()];
    if (versioning?.type === VersioningType.MEDIA_TYPE) return request.headers['accept'];
    return versioning?.type === VersioningType.CUSTOM ? versioning.extractor(request) : null;
  }
}

/** A cheap text of everything that determines a resource; undefined if it depends on more than this. */
function fingerprintOf(request: HttpRequest): string | undefined {
  const { headers, url, originalUrl = url, socket } = request;
  // Whether forwarded headers count depends on the proxy that sent them.
  if (headers['x-forwarded-host'] !== undefined || headers['x-forwarded-proto'] !== undefined)
    return undefined;
  const host = String(headers['host'] ?? headers[':authority']);
  if (host.length + originalUrl.length + url.length > MAX_KNOWN_LENGTH) return undefined;
  const rewritten = url === originalUrl ? '' : url;
  // Middleware may have replaced the query.
  const query = Object.hasOwn(request, 'query') ? queryText(request.query) : '';
  return `${socket.encrypted === true ? 's' : ''}${host.length} ${host}${originalUrl}\n${query}\n${rewritten}`;
}

/** A text that is different for different queries. */
function queryText(query: unknown): string {
  let text = '';
  for (const name in query as Record<string, unknown>) {
    const value = (query as Record<string, unknown>)[name];
    if (typeof value !== 'string') return JSON.stringify(canonical(query));
    text += `${name.length} ${name}${value.length} ${value}`;
  }
  return text;
}

/** The parameters of a query, sorted, without those of the names. */
function pairsOf(query: string, names: readonly string[]): string[] {
  return query
    .split('&')
    .filter((pair) => pair !== '' && !names.includes(nameOf(pair)))
    .toSorted();
}

/** Brackets in names are often percent-encoded. */
function nameOf(pair: string): string {
  const [name = ''] = pair.split('=', 1);
  return name.replaceAll(/%5b/gi, '[').replaceAll(/%5d/gi, ']');
}

/** Sorts the members of objects, so that equal values have equal JSON. Arrays keep their order. */
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
