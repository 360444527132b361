import type { PageRequest } from './page-request.js';

/**
 * A Link header (RFC 8288) to the page behind this one. The target holds the query alone, so that it stays right
 * behind a proxy that changes the path.
 */
export function nextLink(url: string, { limit, offset }: PageRequest): string {
  const start = url.indexOf('?');
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  query.set('limit', String(limit));
  query.set('offset', String(offset + limit));
  return `<?${query.toString()}>; rel="next"`;
}
