import type { LinkStyle } from './link-style.js';
import type { PageEnvelope } from './page-envelope.js';
import type { PageParams } from './page-params.js';

/** The pagination options of `forRoot()`, besides PAGE_SIZE and MAX_PAGE_SIZE. */
export interface PaginationOptions {
  /** The names of the page parameters. Default: `{ limit: 'limit', offset: 'offset', after: 'after' }`. */
  readonly params?: PageParams | undefined;
  /** The shape in which pages are sent. Default: `{ items, page: { limit, hasMore, next } }`. */
  readonly envelope?: PageEnvelope | undefined;
  /**
   * How links to other pages are written: 'relative' to the URL of the request, as a 'path', or with an origin and a
   * prefix for clients that do not resolve links. Default: 'relative'.
   */
  readonly link?: LinkStyle | undefined;
  /** The largest offset, in rows, also of numbered pages. The database reads all rows that it skips. Default: 10,000. */
  readonly maxOffset?: number | undefined;
  /**
   * What happens to a list that is longer than its page: 'truncate' cuts it and logs one warning per route, 'error'
   * fails the request. Default: 'error' if NODE_ENV is 'test' (that of the process if the configuration has none),
   * otherwise 'truncate'.
   */
  readonly overrun?: 'truncate' | 'error' | undefined;
}
