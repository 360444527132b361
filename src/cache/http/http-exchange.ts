import type { CallHandler, ExecutionContext } from '@nestjs/common';
import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Subscriber } from 'rxjs';
import type { AdapterResponse } from './adapter/adapter-response.js';
import type { CachedRoute } from './cached-route.js';
import type { HttpRequest } from './response-key.js';

/** A request to a cached route, and its response. */
export interface HttpExchange {
  readonly route: CachedRoute;
  readonly context: ExecutionContext;
  readonly next: CallHandler;
  readonly request: HttpRequest;
  readonly response: AdapterResponse;
  /** The headers as the client sent them: handlers may change those of the request. */
  readonly headers: HttpRequest['headers'];
  /** The part of the cache key that does not depend on headers named by the route. */
  readonly resource: string;
  /** The keys of the tags of its response; undefined if they could not be read, so that it is not cached. */
  readonly tags: readonly string[] | undefined;
  readonly subscriber: Subscriber<unknown>;
}

const MAX_URL = 200;

/** Scheme, host, path and query of a request, as the client sent them. */
export function urlOf({ protocol, headers, hostname, url, originalUrl = url }: HttpRequest): string {
  return shortUrl(`${protocol}://${String(headers['host'] ?? hostname)}${originalUrl}`);
}

/** Resolves a URL that a response names relative to the request's own; undefined for another host. */
export function siblingUrl(request: HttpRequest, named: string | undefined): string | undefined {
  if (named === undefined) return undefined;
  const { protocol, headers, hostname, url, originalUrl = url } = request;
  const base = `${protocol}://${String(headers['host'] ?? hostname)}`;
  if (!URL.canParse(originalUrl, base) || !URL.canParse(named, base)) return undefined;
  const target = new URL(named, new URL(originalUrl, base));
  if (target.host !== new URL(base).host) return undefined;
  return shortUrl(`${base}${target.pathname}${target.search}`);
}

/** Whether the client has disconnected or the response has ended. */
export function isClientGone({ destroyed, closed, socket }: ServerResponse): boolean {
  return destroyed || closed || socket?.destroyed === true;
}

function shortUrl(url: string): string {
  return url.length <= MAX_URL ? url : createHash('sha256').update(url).digest('base64url');
}
