import { BadRequestException } from '@nestjs/common';
import { ProductionConfigError } from '../common/production-config.error.js';

/** A handler made a page that cannot be sent. Raised for the developer; never holds what a row holds. */
export class PageError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_PAGE_KEY': a row's sort key cannot be made a cursor; 'ERR_PAGE_TOTAL': a total is no whole number;
     * 'ERR_PAGE_OVERRUN': there were more rows than the page has room for, with `overrun: 'error'`.
     */
    readonly code: 'ERR_PAGE_KEY' | 'ERR_PAGE_TOTAL' | 'ERR_PAGE_OVERRUN',
    message: string,
  ) {
    super('PageError', message);
  }
}

/** A page parameter cannot be read: status 400, with the parameter's name in the body. */
export class PageRequestError extends BadRequestException {
  /** Stable. */
  readonly code = 'ERR_PAGE_REQUEST';

  constructor(
    /** The parameter that cannot be read. The last three are arguments of GraphQL connections. */
    readonly parameter: 'limit' | 'offset' | 'after' | 'first' | 'last' | 'before',
    problem: string,
  ) {
    super({
      statusCode: 400,
      error: 'Bad Request',
      code: 'ERR_PAGE_REQUEST',
      parameter,
      message: `${parameter} ${problem}`,
    });
  }
}
