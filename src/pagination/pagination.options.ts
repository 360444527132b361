/** How lists are bounded beyond what PAGE_SIZE and MAX_PAGE_SIZE say. */
export interface PaginationOptions {
  /** The most rows that `?offset=` may pass over: the database reads them all the same. Default: 10,000. */
  readonly maxOffset?: number | undefined;
  /**
   * What becomes of a list that is longer than its page: 'truncate' cuts it and names the route in a warning, once;
   * 'error' fails the request. Default: 'error' where NODE_ENV is 'test' (that of the process where the
   * configuration has none), else 'truncate'.
   */
  readonly overrun?: 'truncate' | 'error' | undefined;
}
