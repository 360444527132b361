import type { HttpExchange } from './http-exchange.js';
import { type CachedResponse, ageOf } from './cached-response.js';
import { CacheControlGuard } from './cache-control-guard.js';
import { isUnmodified, namesIn } from './response-headers.js';

type ReplayTarget = Pick<HttpExchange, 'route' | 'request' | 'response'>;

/** Sets status and headers of a hit, and returns the value that the interceptor emits. */
export function replay({ route, request, response }: ReplayTarget, kept: CachedResponse): unknown {
  const { set, appended, removed } = kept.headers;
  const before = response.header('cache-control');
  if (response.raw.statusCode !== 200) response.setStatus(200);
  for (const name of removed) response.remove(name);
  for (const name in set) response.set(name, set[name]!);
  for (const name in appended) {
    const said = [response.header(name), appended[name]].flat().filter((value) => value !== undefined);
    response.set(name, said.join(', '));
  }
  response.set('X-Cache', 'HIT');
  response.set('Age', String(ageOf(kept)));
  setScopeHeaders(route, response, kept.vary);
  if (kept.etag !== undefined) response.set('ETag', kept.etag);
  const said = response.header('cache-control');
  if (said !== undefined) {
    const guard = new CacheControlGuard(response.raw, route.scope.cacheControl);
    guard.grant(before);
    guard.grant(said);
  }
  if (route.isDirect && kept.text !== undefined) {
    return response.send(kept, isUnmodified(request.headers, kept.etag, set['last-modified']));
  }
  if (kept.text === undefined && kept.type !== undefined) response.set('Content-Type', kept.type);
  else if (kept.text !== undefined && !response.isPatched) response.sendInstead(kept.value, kept);
  return kept.value;
}

/**
 * Sets the Vary of a response, and the Cache-Control of its route if it has none of its own.
 *
 * @param varies the headers by which it varies besides those that the route names
 */
export function setScopeHeaders(
  { scope }: HttpExchange['route'],
  response: HttpExchange['response'],
  varies: readonly string[] = [],
): void {
  if (varies.length > 0 || scope.headers.length > 0) {
    const said = response.header('vary');
    const present = namesIn(said);
    const missing = [...varies, ...scope.headers].filter((name) => !present.includes(name.toLowerCase()));
    const all = said === undefined ? missing : [said, ...missing];
    if (missing.length > 0) response.set('Vary', [...new Set(all)].join(', '));
  }
  const { cacheControl } = scope;
  if (cacheControl !== undefined && response.header('cache-control') === undefined) {
    response.set('Cache-Control', cacheControl);
  }
}
