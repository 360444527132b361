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
import type { PageBounds } from './page-request.js';
import type { PageInfo } from './page.js';
import { PageRoutes, type PageRoute } from './page-routes.js';
import { pageStateOf, type HttpRequest, type PageState } from './page-state.js';
import type { Client } from './row-reader.js';

const NOT_CUT = 'returned an object of which only { items } is cut: it holds a list of';

type NodeResponse = Client & { readonly headersSent: boolean };

/** A request on its way to an answer. */
interface Exchange {
  readonly context: ExecutionContext;
  readonly route: PageRoute;
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

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const route = this.routes.of(context);
    if (route.isOpen) return next.handle();
    const http = context.switchToHttp();
    const state = pageStateOf(http.getRequest<HttpRequest>(), route);
    route.isBounded = state.isBounded = true;
    const response = http.getResponse<NodeResponse & { raw?: NodeResponse }>();
    const exchange = { context, route, state, client: response.raw ?? response };
    // Nest answers with an observable's last value; bounding every value before it would be wasted.
    return mapLast(next.handle(), (result) => {
      const list = boundList(result, state.page, exchange.client);
      return list instanceof Promise
        ? list.then((read) => this.finish(read, exchange))
        : this.finish(list, exchange);
    });
  }

  private finish(list: BoundedList, exchange: Exchange): unknown {
    const { route, state } = exchange;
    const { body, rows } = list;
    // The row beyond the page is one that was asked for.
    if (rows !== undefined && rows > (route.isTaken ? state.page.take : state.page.limit)) {
      this.routes.overrun(route, overrunOf(list, state.page));
    }
    if (rows === undefined) this.look(body, exchange);
    const next = nextOf(list, exchange);
    if (next !== undefined && !exchange.client.headersSent) this.link(next, exchange);
    return body;
  }

  /** Says so where a list hides in a plain object: it may be what is paged, or belong to the one thing that was asked for. */
  private look(body: unknown, { route, state }: Exchange): void {
    if (!isPlain(body)) return;
    const { limit } = state.page;
    const within = Object.values(body).find((value) => Array.isArray(value) && value.length > limit) as
      | unknown[]
      | undefined;
    if (within !== undefined) this.routes.warn(route, 'hidden', `${NOT_CUT} ${within.length} rows.`);
  }

  private link(next: NextPage, { context, state }: Exchange): void {
    const http = context.switchToHttp();
    const { originalUrl, url } = http.getRequest<HttpRequest>();
    const link = nextLink(originalUrl ?? url, state.page.limit, next);
    this.adapterHost.httpAdapter.appendHeader(http.getResponse(), 'Link', link);
  }
}

function overrunOf({ rows, open }: BoundedList, { limit }: PageBounds): string {
  return (
    `returned ${open ? 'at least ' : ''}${rows} rows for a page of ${limit}. ` +
    'Take the page with @Paginate() and put page.take into the query.'
  );
}

/**
 * Where the next page begins; undefined where there is none. It may be an offset that will be refused: a client that
 * follows links learns why it gets no further, where a list that just ended would seem complete.
 */
function nextOf({ body, rows = 0 }: BoundedList, { route, state: { page } }: Exchange): NextPage | undefined {
  // Where a cache answers for a handler that takes the page, the page is still its.
  if (!route.isTaken) return undefined;
  const info = pageInfoOf(body);
  if (typeof info?.next === 'string') return { after: info.next };
  const hasMore = info?.hasMore ?? rows > page.limit;
  return hasMore && page.after === undefined ? { offset: page.offset + page.limit } : undefined;
}

/** Of a page that came out of a cache, too, and is no instance of its class any more. */
function pageInfoOf(body: unknown): Partial<PageInfo> | undefined {
  const { page } = Object(body) as { page?: Partial<PageInfo> | null };
  return typeof page?.hasMore === 'boolean' ? page : undefined;
}

/** To look into anything else would enumerate a buffer's bytes, or set off what an entity loads on access. */
function isPlain(body: unknown): body is object {
  return typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}
