import { Inject, Injectable, type PipeTransform, createParamDecorator } from '@nestjs/common';
import { ConfigDefinitionError } from '../config/index.js';
import { declaredRoute } from './declared-route.js';
import { packQuery, unpackQuery } from './packed-query.js';
import { checkMaxOffset } from './page-limits.js';
import { type PageParams, ParameterNames } from './page-params.js';
import { type AnyPageRequest, parsePage } from './page-request.js';
import { PageRoutes } from './page-routes.js';
import { isBounded } from './page-state.js';
import { inputOf, type PagedRequest } from './paged-request.js';
import { declarePaging, type Paging } from './paging.metadata.js';
import { type PageSort, SortOrders } from './sort-order.js';

/** The options of `@Paginate()`. */
export interface PaginateOptions {
  /**
   * The columns by which the query sorts; the last one must be unique. With `sort` the list is read by cursor.
   *
   * A column is written as 'created_at:desc' or 'id' (ascending). 'id:desc:bigint' also declares the kind of its values
   * (string, number, bigint or boolean): cursors from before the column changed its kind are then refused.
   *
   * Several orders by name, of which clients choose one by `?sort=`: `{ newest: ['created_at:desc', 'id'], name: ['name',
   * 'id'] }`. The first is the default, and `page.sort` is the name.
   */
  readonly sort?: PageSort | undefined;
  /**
   * Whether cursors are encrypted (AES-256-GCM with keys of the key ring), for lists sorted by what clients may not see.
   * Default: false, clients can read the sort keys in cursors.
   */
  readonly sealed?: boolean | undefined;
  /** The names of the page parameters. Default: those of `forRoot()`. */
  readonly params?: PageParams | undefined;
  /** The largest offset, in rows. Default: that of `forRoot()`, 10,000. */
  readonly maxOffset?: number | undefined;
  /** The part of the request that has the page parameters: 'body' for a search by POST. Default: 'query'. */
  readonly from?: 'query' | 'body' | undefined;
}

const CurrentPage = createParamDecorator((paging: Paging, context): string => {
  const route = declaredRoute(context);
  if (context.getType() !== 'http') {
    throw new ConfigDefinitionError(
      `${route.name}: @Paginate() works only for HTTP requests; use resolvePage() here`,
    );
  }
  const request = context.switchToHttp().getRequest<PagedRequest>();
  const list = {
    route,
    paging,
    // One handler may serve several lists (by inheritance or several paths), and one path several versions.
    name: `${request.route?.path ?? request.routeOptions?.url ?? route.name}${route.scope}`,
    isUnbounded: !route.isUnpaginated && !isBounded(request),
  };
  return packQuery(list, inputOf(request, paging));
});

// A parameter decorator cannot inject anything, but its pipe can.
@Injectable()
class PagePipe implements PipeTransform<string, AnyPageRequest> {
  constructor(@Inject(PageRoutes) private readonly routes: PageRoutes) {}

  transform(packed: string): AnyPageRequest {
    const { list, query } = unpackQuery(packed);
    const route = this.routes.get(list.route);
    if (list.isUnbounded) this.routes.warnUnbounded(route.name);
    const { orders, isSealed } = list.paging;
    const sorted = orders && { keys: this.routes.keys, name: list.name, orders, isSealed };
    try {
      return parsePage(query, route.limits, route.names, sorted);
    } catch (error) {
      route.counts.refused++;
      throw error;
    }
  }
}

/**
 * Injects the page that the client asks for, already within the limits. Put `take` and `offset` into the query, so
 * that it reads no more rows than needed. With `sort` the list is read by cursor: `page.after` is the sort key of the
 * row after which the page starts, and every page costs the same, however deep it is.
 *
 * @throws ConfigDefinitionError if an option is invalid or the handler has two `@Paginate()` parameters
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
export function Paginate(options: PaginateOptions = {}): ParameterDecorator {
  const paging = pagingFrom(options);
  const parameter = CurrentPage(paging, PagePipe);
  return (target, key, index) => {
    parameter(target, key, index);
    if (key !== undefined) declarePaging(target, key, paging);
  };
}

function pagingFrom({ sort, sealed = false, params, maxOffset, from = 'query' }: PaginateOptions): Paging {
  if (sealed && sort === undefined) {
    throw new ConfigDefinitionError('@Paginate(): sealed encrypts cursors, and cursors need a sort');
  }
  if (from !== 'query' && from !== 'body') {
    throw new ConfigDefinitionError("@Paginate(): from must be 'query' or 'body'");
  }
  return {
    orders: sort && new SortOrders(sort),
    isSealed: sealed,
    names: params && new ParameterNames(params),
    maxOffset: maxOffset === undefined ? undefined : checkMaxOffset(maxOffset),
    from,
  };
}
