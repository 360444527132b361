import { SetMetadata } from '@nestjs/common';
import type { PageLimits } from './page-limits.js';

const PAGE_SIZE = 'production-config:page-size';

/** The limits that `@PageSize()` declares. */
export type PageSizes = Pick<PageLimits, 'pageSize' | 'maxPageSize'>;

/** The page sizes of a route: null with `@Unpaginated()`, undefined without a declaration. */
export function pageSizesOf(controller: Function, handler: Function): PageSizes | null | undefined {
  const own = Reflect.getMetadata(PAGE_SIZE, handler) as PageSizes | null | undefined;
  return own === undefined
    ? (Reflect.getMetadata(PAGE_SIZE, controller) as PageSizes | null | undefined)
    : own;
}

/**
 * Sets the page size of a route or controller, instead of PAGE_SIZE. It is the size of a request without a `limit`, and
 * `max` is the largest that a client can ask for. Default of `max`: the same. The boot fails if it exceeds MAX_PAGE_SIZE.
 *
 * @param size rows of a page
 * @param limits `max`, if clients may ask for more
 *
 * @example
 * ```ts
 * @Get('thumbnails')
 * @PageSize(20, { max: 60 })
 * thumbnails(@Paginate() page: PageRequest) {}
 * ```
 */
export const PageSize = (size: number, { max = size }: { readonly max?: number } = {}) =>
  SetMetadata(PAGE_SIZE, { pageSize: size, maxPageSize: max } satisfies PageSizes);

/**
 * Sends the lists of a route or controller uncut, for example an export. Its `limit` and `offset` are not checked
 * either, unless its handler takes the page.
 *
 * @example
 * ```ts
 * @Get('export')
 * @Unpaginated()
 * export() {}
 * ```
 */
export const Unpaginated = () => SetMetadata(PAGE_SIZE, null);
