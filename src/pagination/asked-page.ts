import type { PageSizes } from './page-size.decorator.js';

/** What `@Paginate()` reads from a request. */
export interface AskedPage {
  /** The name of the route, if nothing bounds what its handler returns. */
  readonly unbounded: string | undefined;
  readonly sizes: PageSizes | null | undefined;
  /** Distinguishes the list from the others of the application. */
  readonly list: string;
  readonly query: { readonly limit: unknown; readonly offset: unknown; readonly after: unknown };
}

/**
 * As one word of hexadecimal digits. Every global pipe sees it before the page is made of it, and pipes walk and copy
 * objects, trim texts and change their case.
 */
export function packAsked({ query: { limit, offset, after }, ...route }: AskedPage): string {
  const query = { limit: readable(limit), offset: readable(offset), after: readable(after) };
  return Buffer.from(JSON.stringify({ ...route, query })).toString('hex');
}

/** The page that `packAsked` made a word of. */
export function unpackAsked(word: string): AskedPage {
  return JSON.parse(Buffer.from(word, 'hex').toString()) as AskedPage;
}

/** Nothing else is read; `false` is refused like everything else. */
function readable(value: unknown): unknown {
  const isReadable =
    value === undefined || value === null || typeof value === 'string' || Number.isSafeInteger(value);
  return isReadable ? value : false;
}
