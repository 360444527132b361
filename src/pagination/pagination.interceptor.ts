import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { Observable } from 'rxjs';
import { boundList, type BoundedList } from './bounded-list.js';
import { mapLast } from './map-last.js';
import { nextLink, type NextPage } from './next-link.js';
import { pageInfoOf } from './page.js';
import { PageRoutes } from './page-routes.js';
import { pageStateOf, type HttpRequest, type PageState } from './page-state.js';
import type { Client } from './row-reader.js';

const NOT_CUT = 'returned what is cut only where it is an array or has { items }: it holds a list of';

const NO_CURSOR =
  'has a sort, and returned a list that has no cursors: return Page.of(rows, page, (row) => [...]).';

type NodeResponse = Client & { readonly headersSent: boolean };

/** A request on its way to an answer. */
interface Exchange {
  readonly context: ExecutionContext;
  readonly state: PageState;
  readonly client: NodeResponse;
}

/**
 * Cuts every list that leaves a controller to the page that was asked for, at most MAX_PAGE_SIZE rows: arrays,
 * `{ items }`, async generators and object streams. What a handler reads beyond the page has been paid for by then,
 * so take the page with `@Paginate()` and push it into the query; a route that overruns is named in a warning, once,
 * or fails with `pagination: { overrun: 'error' }`.
 *
 * Server-sent events, files, streams and generators of text or bytes, routes marked `@Unpaginated()` and other
 * transports pass untouched. On Express and Fastify.
 *
 * @example
 * ```ts
 * @Controller('products')
 * @UseInterceptors(PaginationInterceptor)
 * export class ProductsController {}
 * ```
 */
@Injectable()
export class PaginationInterceptor implements NestInterceptor {
  constructor(
    @Inject(PageRoutes) private readonly routes: PageRoutes,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  /** Hands on the page, and cuts what comes back. @hidden */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const route = this.routes.of(context);
    if (route.isOpen) return next.handle();
    const http = context.switchToHttp();
    const state = pageStateOf(http.getRequest<HttpRequest>(), route);
    // Another one, on the controller or for all, does it already.
    if (state.isBounded) return next.handle();
    route.isBounded = state.isBounded = true;
    const response = http.getResponse<NodeResponse & { raw?: NodeResponse }>();
    const exchange = { context, state, client: response.raw ?? response };
    const most = route.limits.maxPageSize;
    // Nest answers with an observable's last value; bounding every value before it would be wasted.
    return mapLast(next.handle(), (result) => {
      const list = boundList(result, { limit: state.page.limit, most }, exchange.client);
      return list instanceof Promise
        ? list.then((read) => this.finish(read, exchange))
        : this.finish(list, exchange);
    });
  }

  private finish(list: BoundedList, exchange: Exchange): unknown {
    const { route } = exchange.state;
    const { body, rows, limit, isRead } = list;
    const room = isRead || route.paging !== undefined ? limit + 1 : limit;
    if (rows !== undefined && rows > room) this.routes.overrun(route, overrunOf(rows, limit));
    const hidden = hiddenRows(body, limit);
    if (hidden !== undefined) this.routes.warn(route, 'hidden', `${NOT_CUT} ${hidden} rows.`);
    const next = nextOf(list, exchange);
    if (next !== undefined && 'offset' in next && route.paging === 'cursor') {
      this.routes.warn(route, 'bare', NO_CURSOR);
    }
    if (next !== undefined && !exchange.client.headersSent) this.link(next, exchange);
    return body;
  }

  private link(next: NextPage, { context, state }: Exchange): void {
    const http = context.switchToHttp();
    const { originalUrl, url } = http.getRequest<HttpRequest>();
    const link = nextLink(originalUrl ?? url, state.page.limit, next);
    this.adapterHost.httpAdapter.appendHeader(http.getResponse(), 'Link', link);
  }
}

function overrunOf(rows: number, limit: number): string {
  return (
    `returned ${rows} rows for a page of ${limit}. ` +
    'Take the page with @Paginate() and put page.take into the query.'
  );
}

/** The rows of a list within: it may be what is paged, or belong to the one thing that was asked for. */
function hiddenRows(body: unknown, limit: number): number | undefined {
  // Rows and their number, as ORMs return them.
  if (Array.isArray(body)) return lengthBeyond(body[0], limit);
  if (typeof body !== 'object' || body === null || ArrayBuffer.isView(body)) return undefined;
  for (const key of Object.keys(body)) {
    // Not by reading it, which may set off what an entity loads on access.
    const rows =
      key === 'items' ? undefined : lengthBeyond(Object.getOwnPropertyDescriptor(body, key)?.value, limit);
    if (rows !== undefined) return rows;
  }
  return undefined;
}

function lengthBeyond(value: unknown, limit: number): number | undefined {
  return Array.isArray(value) && value.length > limit ? value.length : undefined;
}

/**
 * Where the next page begins; undefined where there is none. It may be an offset that will be refused: a client that
 * follows links learns why it gets no further, where a list that just ended would seem complete.
 */
function nextOf({ body, rows = 0 }: BoundedList, { state: { route, page } }: Exchange): NextPage | undefined {
  if (route.paging === undefined) return undefined;
  const info = pageInfoOf(body);
  if (typeof info?.next === 'string') return { after: info.next };
  const hasMore = info?.hasMore ?? rows > page.limit;
  return hasMore && page.after === undefined ? { offset: page.offset + page.limit } : undefined;
}
