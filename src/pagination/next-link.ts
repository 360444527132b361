/** Where a page begins, as the client asks for it. */
export type NextPage = { readonly after: string } | { readonly offset: number };

const OWN = new Set(['limit', 'offset', 'after']);

/**
 * A Link header (RFC 8288) to the page behind this one. The target holds the query alone, so that it stays right
 * behind a proxy that changes the path; other parameters as the client wrote them.
 */
export function nextLink(url: string, limit: number, next: NextPage): string {
  const start = url.indexOf('?');
  const others = (start < 0 ? '' : url.slice(start + 1))
    .split('&')
    .filter((pair) => pair !== '' && !OWN.has(nameOf(pair)))
    .map((pair) => pair.replaceAll(UNSAFE, percent));
  const [[name, value]] = Object.entries(next) as [[string, string | number]];
  return `<?${[...others, `limit=${limit}`, `${name}=${value}`].join('&')}>; rel="next"`;
}

function nameOf(pair: string): string {
  const [name = ''] = new URLSearchParams(pair).keys();
  return name;
}

// What would end the target, and what a header cannot hold.
const UNSAFE = /[^\x21-\x7e]|[<>"]/g;

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`;
}
