import { Inject, Injectable, type PipeTransform, createParamDecorator } from '@nestjs/common';
import { ConfigDefinitionError } from '../config/index.js';
import { packAsked, unpackAsked } from './asked-page.js';
import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import { declaredRoute } from './declared-route.js';
import { declarePaging } from './paging.metadata.js';
import { type PageRequest, readBounds, readCursor } from './page-request.js';
import { PageRoutes } from './page-routes.js';
import { type HttpRequest, isBounded } from './page-state.js';
import { SortOrder } from './sort-order.js';

/** How a list is paged. */
export interface PaginateOptions {
  /**
   * By what the query sorts, the last column a unique one: 'created_at:desc', 'id' (ascending), or with the kind of its
   * values 'id:desc:bigint' (string, number, bigint or boolean), so that a cursor of another kind is refused: one from
   * before a column changed. Lets the list be read by cursor.
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
  const request = context.switchToHttp().getRequest<HttpRequest>();
  const list = {
    route,
    // One handler may answer for several lists, by inheritance or by several paths, and one path for several versions.
    name: `${request.route?.path ?? request.routeOptions?.url ?? route.name}${route.scope}`,
    isUnbounded: !route.isOpen && !isBounded(request),
  };
  return packAsked(list, Object(request.query) as Record<'limit' | 'offset' | 'after', unknown>);
});

// A parameter decorator has nothing injected; a pipe behind it has.
@Injectable()
class PagePipe implements PipeTransform<string, PageRequest<CursorKey>> {
  constructor(@Inject(PageRoutes) private readonly routes: PageRoutes) {}

  transform(asked: string, { data }: { readonly data?: unknown }): PageRequest<CursorKey> {
    const { list, query } = unpackAsked(asked);
    const page = readBounds(query, this.routes.limitsOf(list.route.sizes));
    if (list.isUnbounded) this.routes.warnUnbounded(list.route.name);
    if (data === undefined) return page;
    return readCursor(query, page, new Cursors(this.routes.keys, list.name, data as SortOrder));
  }
}

/**
 * The page that the client asks for, already bounded: put `take` and `offset` into the query, so that no more rows
 * are read than can be sent. With `sort` the list is read by cursor: `page.after` is the key of the row behind which
 * the page begins, and each page costs the same however deep it is.
 *
 * @throws ConfigDefinitionError when `sort` cannot be read, or a handler has two of them
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
    if (key !== undefined) declarePaging(target, key, sort ? 'cursor' : 'offset');
  };
}
