/** Where a page begins, as the client asks for it. */
export type NextPage = { readonly after: string } | { readonly offset: number };

/**
 * A Link header (RFC 8288) to the page behind this one. The target holds the query alone, so that it stays right
 * behind a proxy that changes the path.
 */
export function nextLink(url: string, limit: number, next: NextPage): string {
  const start = url.indexOf('?');
  const query = new URLSearchParams(start < 0 ? '' : url.slice(start + 1));
  query.delete('offset');
  query.delete('after');
  query.set('limit', String(limit));
  for (const [name, value] of Object.entries(next)) query.set(name, String(value));
  return `<?${query.toString()}>; rel="next"`;
}
