import type { CallHandler } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { AdapterResponse } from './adapter/adapter-response.js';
import { siblingUrl, urlOf } from './http-exchange.js';
import { onHeadWritten } from './cache-control-guard.js';
import type { HttpRequest } from './response-key.js';

const READS = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'QUERY']);

/**
 * Invalidates the responses of a URL after a successful unsafe request to it, and those of the URLs that its response names
 * (RFC 9111, 4.4).
 */
export function invalidateAfter(
  request: HttpRequest,
  { raw }: AdapterResponse,
  next: CallHandler,
  invalidate: (urls: readonly string[]) => void,
): Observable<unknown> {
  if (READS.has(request.method)) return next.handle();
  onHeadWritten(raw, (status, headers) => {
    if (status < 200 || status >= 400) return;
    const named = [headers['location'], headers['content-location']].map((url) =>
      siblingUrl(request, url?.toString()),
    );
    invalidate([urlOf(request), ...named.filter((url) => url !== undefined)]);
  });
  return next.handle();
}
