import { BadRequestException } from '@nestjs/common';
import { ProductionConfigError } from '../common/production-config.error.js';

/**
 * A handler made a page that cannot be sent: a mistake in its code. Never contains values of a row.
 *
 * @example
 * ```ts
 * @Get()
 * async list(@Paginate() page: PageRequest): Promise<Page<ProductDto>> {
 *   const rows = await this.products.find({ take: page.take, skip: page.offset });
 *   const count = await this.products.count(); // a text, with pg
 *   return Page.of(rows, page, { total: Number(count) }); // the text itself would be refused
 * }
 * ```
 */
export class PageError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_PAGE_KEY': the sort key of a row cannot become a cursor; 'ERR_PAGE_TOTAL': a total is not a whole number;
     * 'ERR_PAGE_OVERRUN': there were more rows than the page allows, with `overrun: 'error'`; 'ERR_PAGE_DIRECTION': the
     * page is read backward, but the handler did not look at `page.direction`.
     */
    readonly code: 'ERR_PAGE_KEY' | 'ERR_PAGE_TOTAL' | 'ERR_PAGE_OVERRUN' | 'ERR_PAGE_DIRECTION',
    message: string,
  ) {
    super('PageError', message);
  }
}

/**
 * A page parameter is invalid: status 400, with the name of the parameter in the body.
 *
 * @example
 * ```ts
 * export function invalidParameter(error: unknown): string | undefined {
 *   return error instanceof PageRequestError ? error.parameter : undefined;
 * }
 * ```
 */
export class PageRequestError extends BadRequestException {
  /** Stable. */
  readonly code = 'ERR_PAGE_REQUEST';

  constructor(
    /** The invalid parameter, by the name under which the client sends it. */
    readonly parameter: string,
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
