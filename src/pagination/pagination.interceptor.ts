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
import { isGiven } from './page-request.js';
import { handlerState, pageStateOf, type HttpRequest, type PageState } from './page-state.js';
import type { Client } from './row-reader.js';

const NOT_CUT =
  'returned an object that is not cut, because it is neither an array nor { items }. It contains a list of';

const NO_CURSOR =
  'has a sort but returned a list without cursors: return Page.of(rows, page, (row) => [...]).';

const CUT_INSIDE = 'returned an object that contains a source of rows, which was cut to';

const OUTSIDE =
  'Return the source itself, and wrap the rows in an interceptor that is listed before PaginationInterceptor.';

const NO_LINK =
  'has no Link to its next page, because the link would not lead there. Either the page was not read from limit, ' +
  'offset and after as the client sent them (a middleware may rewrite them), or its next cursor is the one that the ' +
  'client sent, or the query has more than 998 other parameters.';

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
    // A generator resolves its page while it is read.
    const inHandler = <Result>(work: () => Result): Result =>
      route.mayResolve ? handlerState.run(state, work) : work();
    // Nest answers with an observable's last value; bounding every value before it would be wasted.
    return mapLast(
      inHandler(() => next.handle()),
      (result) => {
        const list = inHandler(() => boundList(result, state, exchange.client));
        return list instanceof Promise
          ? list.then((read) => this.finish(read, exchange))
          : this.finish(list, exchange);
      },
    );
  }

  private finish(list: BoundedList, exchange: Exchange): unknown {
    const { route, paging, misorder } = exchange.state;
    const { body, rows, limit, isRead, hidden, isCutInside } = list;
    const room = isRead || paging !== undefined ? limit + 1 : limit;
    if (rows !== undefined && rows > room) this.routes.overrun(route, overrunOf(rows, limit));
    if (isCutInside) this.routes.overrun(route, `${CUT_INSIDE} ${limit} rows. ${OUTSIDE}`);
    if (hidden !== undefined) this.routes.warn(route, 'hidden', `${NOT_CUT} ${hidden} rows.`);
    if (rows !== undefined && misorder !== undefined) this.routes.warn(route, 'order', misorder);
    const next = nextOf(list, exchange);
    if (next !== undefined && 'offset' in next && paging === 'cursor') {
      this.routes.warn(route, 'bare', NO_CURSOR);
    }
    if (next !== undefined && !exchange.client.headersSent) this.link(next, exchange);
    return body;
  }

  private link(next: NextPage, { context, state }: Exchange): void {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const isQuery = state.route.paging !== undefined;
    // A link is followed by GET, without the body that the page was read from.
    if (!isQuery && request.method !== 'GET' && request.method !== 'HEAD') return;
    const link = nextLink(request, {
      limit: state.page.limit,
      next,
      input: Object(state.input) as Record<string, unknown>,
      isQuery,
      isSorted: state.paging === 'cursor',
    });
    if (link === undefined) this.routes.warn(state.route, 'unlinked', NO_LINK);
    else this.adapterHost.httpAdapter.appendHeader(http.getResponse(), 'Link', link);
  }
}

function overrunOf(rows: number, limit: number): string {
  return (
    `returned ${rows} rows for a page of ${limit}. ` +
    'Take the page with @Paginate() and put page.take into the query.'
  );
}

/**
 * Where the next page begins; undefined where there is none. It may be an offset that will be refused: a client that
 * follows links learns why it gets no further, where a list that just ended would seem complete.
 */
function nextOf(
  { body, rows = 0 }: BoundedList,
  { state: { page, paging, input } }: Exchange,
): NextPage | undefined {
  if (paging === undefined) return undefined;
  const info = pageInfoOf(body);
  if (typeof info?.next === 'string') return { after: info.next };
  const isAfterRow = paging === 'cursor' && isGiven((Object(input) as { after?: unknown }).after);
  const hasMore = info?.hasMore ?? rows > page.limit;
  return hasMore && !isAfterRow ? { offset: page.offset + page.limit } : undefined;
}
