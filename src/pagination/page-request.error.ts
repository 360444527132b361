import { BadRequestException } from '@nestjs/common';

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
