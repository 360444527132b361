import { Inject, Injectable, type PipeTransform, createParamDecorator } from '@nestjs/common';
import { ConfigDefinitionError } from '../config/index.js';
import { packQuery, unpackQuery } from './packed-query.js';
import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import { declaredRoute } from './declared-route.js';
import { declarePagingMode } from './paging.metadata.js';
import { type PageRequest, parsePage, parseCursorPage } from './page-request.js';
import { PageRoutes } from './page-routes.js';
import { type PagedRequest, isBounded } from './page-state.js';
import { SortOrder } from './sort-order.js';

/** The options of `@Paginate()`. */
export interface PaginateOptions {
  /**
   * The columns by which the query sorts; the last one must be unique. With `sort` the list is read by cursor.
   *
   * A column is written as 'created_at:desc' or 'id' (ascending). 'id:desc:bigint' also declares the kind of its values
   * (string, number, bigint or boolean): cursors from before the column changed its kind are then refused.
   */
  readonly sort?: readonly string[] | undefined;
}

const CurrentPage = createParamDecorator((_sort: SortOrder | undefined, context): string => {
  const route = declaredRoute(context);
  if (context.getType() !== 'http') {
    throw new ConfigDefinitionError(
      `${route.name}: @Paginate() works only for HTTP requests; use resolvePage() here`,
    );
  }
  const request = context.switchToHttp().getRequest<PagedRequest>();
  const list = {
    route,
    // One handler may serve several lists (by inheritance or several paths), and one path several versions.
    name: `${request.route?.path ?? request.routeOptions?.url ?? route.name}${route.scope}`,
    isUnbounded: !route.isUnpaginated && !isBounded(request),
  };
  return packQuery(list, Object(request.query) as Record<'limit' | 'offset' | 'after', unknown>);
});

// A parameter decorator cannot inject anything, but its pipe can.
@Injectable()
class PagePipe implements PipeTransform<string, PageRequest<CursorKey>> {
  constructor(@Inject(PageRoutes) private readonly routes: PageRoutes) {}

  transform(packed: string, { data }: { readonly data?: unknown }): PageRequest<CursorKey> {
    const { list, query } = unpackQuery(packed);
    const page = parsePage(query, this.routes.limitsOf(list.route.sizes));
    if (list.isUnbounded) this.routes.warnUnbounded(list.route.name);
    if (data === undefined) return page;
    return parseCursorPage(query, page, new Cursors(this.routes.keys, list.name, data as SortOrder));
  }
}

/**
 * Injects the page that the client asks for, already within the limits. Put `take` and `offset` into the query, so
 * that it reads no more rows than needed. With `sort` the list is read by cursor: `page.after` is the sort key of the
 * row after which the page starts, and every page costs the same, however deep it is.
 *
 * @throws ConfigDefinitionError if `sort` is invalid or the handler has two `@Paginate()` parameters
 *
 * @example
 * ```ts
 * @Get()
 * list(@Paginate() page: PageRequest) {
 *   return this.orders.find({ take: page.take, skip: page.offset });
 * }
 *
 * @Get('newest')
 * async newest(@Paginate({ sort: ['created_at:desc', 'id:desc'] }) page: PageRequest<[string, string]>) {
 *   return Page.of(await this.orders.behind(page), page, (row) => [row.createdAt, row.id]);
 * }
 * ```
 */
export function Paginate({ sort }: PaginateOptions = {}): ParameterDecorator {
  const parameter = CurrentPage(sort && new SortOrder(sort), PagePipe);
  return (target, key, index) => {
    parameter(target, key, index);
    if (key !== undefined) declarePagingMode(target, key, sort ? 'cursor' : 'offset');
  };
}
