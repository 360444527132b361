import {
  createParamDecorator,
  Inject,
  Injectable,
  type ExecutionContext,
  type PipeTransform,
} from '@nestjs/common';
import { ConfigDefinitionError } from '../config/config.error.js';
import type { CursorKey } from './cursor-key.js';
import { Cursors } from './cursors.js';
import { declarePaging } from './paging.metadata.js';
import { readCursor, type PageRequest } from './page-request.js';
import { PageRoutes, type PageRoute } from './page-routes.js';
import { pageStateOf, type HttpRequest } from './page-state.js';
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

interface Asked {
  readonly sort: SortOrder | undefined;
  readonly context: ExecutionContext;
}

const CurrentPage = createParamDecorator((sort: SortOrder | undefined, context): Asked => ({
  sort,
  context,
}));

// A parameter decorator has nothing injected; a pipe behind it has.
@Injectable()
class PagePipe implements PipeTransform<Asked, PageRequest<CursorKey>> {
  constructor(@Inject(PageRoutes) private readonly routes: PageRoutes) {}

  transform({ sort, context }: Asked): PageRequest<CursorKey> {
    const route = this.routes.of(context);
    if (context.getType() !== 'http') {
      throw new ConfigDefinitionError(
        `${route.name}: @Paginate() reads a query string; use resolvePage() here`,
      );
    }
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const state = pageStateOf(request, route);
    if (sort !== undefined) {
      const cursors = new Cursors(this.routes.keys, listOf(request, route), sort);
      state.page = readCursor(request.query, state.page, cursors);
    }
    return state.page;
  }
}

/** One handler may answer for several lists, by inheritance or by several paths, and one path for several versions. */
function listOf({ route, routeOptions }: HttpRequest, { name, scope }: PageRoute): string {
  return `${route?.path ?? routeOptions?.url ?? name}${scope}`;
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
