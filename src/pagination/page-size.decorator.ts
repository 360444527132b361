import { SetMetadata } from '@nestjs/common';

const PAGE_SIZE = 'production-config:page-size';

/** Rows on a page of a route. */
export interface PageSizes {
  readonly size: number;
  readonly max: number;
}

/** A route's own page: null where its lists are not bounded, undefined where it has none. */
export function pageSizesOf(controller: Function, handler: Function): PageSizes | null | undefined {
  const own = Reflect.getMetadata(PAGE_SIZE, handler) as PageSizes | null | undefined;
  return own === undefined
    ? (Reflect.getMetadata(PAGE_SIZE, controller) as PageSizes | null | undefined)
    : own;
}

/**
 * A page size for one route or controller, in place of PAGE_SIZE: what a request gets that asks for nothing, and the
 * most that a client can ask for unless `max` says more. The boot fails where it is beyond MAX_PAGE_SIZE.
 *
 * @example
 * ```ts
 * @Get('thumbnails')
 * @PageSize(20, { max: 60 })
 * thumbnails(@Paginate() page: PageRequest) {}
 * ```
 */
export const PageSize = (size: number, { max = size }: { readonly max?: number } = {}) =>
  SetMetadata(PAGE_SIZE, { size, max } satisfies PageSizes);

/**
 * Lets the lists of one route or controller leave as long as they are: an export, say. Its `limit` and `offset` are
 * not checked either, unless its handler takes the page.
 *
 * @example
 * ```ts
 * @Get('export')
 * @Unpaginated()
 * export() {}
 * ```
 */
export const Unpaginated = () => SetMetadata(PAGE_SIZE, null);
