import type { Exchange } from './exchange.js';
import { ageOf, type KeptResponse } from './kept-response.js';
import { guardHead } from './response-head.js';
import { isUnmodified, namesIn } from './response-headers.js';

type Answered = Pick<Exchange, 'route' | 'request' | 'response'>;

/** What the interceptor hands on for a hit, whose headers are set. */
export function replay({ route, request, response }: Answered, kept: KeptResponse): unknown {
  const isDirect = route.isDirect && !response.isPatched;
  if (!isDirect) {
    guardHead(response.raw, { before: response.header('cache-control'), route: route.scope.cacheControl });
  }
  for (const name in kept.headers) response.set(name, kept.headers[name]!);
  response.set('X-Cache', 'HIT');
  response.set('Age', String(ageOf(kept)));
  sayScope(route, response, kept.vary);
  if (kept.etag !== undefined) response.set('ETag', kept.etag);
  if (kept.text === undefined) return kept.value;
  if (isDirect)
    return response.send(kept, isUnmodified(request.headers, kept.etag, kept.headers['last-modified']));
  // Made before anything stood outside.
  if (kept.value === undefined) return JSON.parse(kept.text) as unknown;
  response.sendInstead(kept.value, kept);
  return kept.value;
}

/**
 * Says for whom the response is: its Vary, and the Cache-Control of its route where it has none of its own.
 *
 * @param varies by what else it varies than by what the route names
 */
export function sayScope(
  { scope, setsCookies }: Exchange['route'],
  response: Exchange['response'],
  varies: readonly string[] = [],
): void {
  const said = response.header('vary');
  const present = namesIn(said);
  const missing = [...varies, ...scope.headers].filter((name) => !present.includes(name.toLowerCase()));
  const all = said === undefined ? missing : [said, ...missing];
  if (missing.length > 0) response.set('Vary', [...new Set(all)].join(', '));
  const { cacheControl } = scope;
  if (cacheControl !== undefined && !setsCookies && response.header('cache-control') === undefined) {
    response.set('Cache-Control', cacheControl);
  }
}
