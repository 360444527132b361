/** A handler made a page that cannot be sent. Raised for the developer; never holds what a row holds. */
export class PageError extends Error {
  constructor(
    /**
     * 'ERR_PAGE_KEY': a row's sort key cannot be made a cursor; 'ERR_PAGE_TOTAL': a total is no whole number;
     * 'ERR_PAGE_OVERRUN': there were more rows than the page has room for, with `overrun: 'error'`.
     */
    readonly code: 'ERR_PAGE_KEY' | 'ERR_PAGE_TOTAL' | 'ERR_PAGE_OVERRUN',
    message: string,
  ) {
    super(message);
    this.name = 'PageError';
  }
}
