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
import { mapLast } from './last-value.js';
import { nextLink, type NextPage } from './next-link.js';
import { pageInfoOf } from './page.js';
import { PageRoutes } from './page-routes.js';
import { isGiven } from './page-request.js';
import { handlerState, pageStateOf, type PagedRequest, type PageState } from './page-state.js';
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

/** A paged request and its response. */
interface PagedExchange {
  readonly context: ExecutionContext;
  readonly state: PageState;
  readonly client: NodeResponse;
}

/**
 * Cuts every list that a controller returns to the requested page, at most MAX_PAGE_SIZE rows: arrays, `{ items }`,
 * async generators and object streams. By then the handler has already read the rows, so take the page with
 * `@Paginate()` and put it into the query. A route that returns too many rows is named in one warning, or fails with
 * `pagination: { overrun: 'error' }`.
 *
 * Not changed are server-sent events, files, streams and generators of text or bytes, routes marked `@Unpaginated()`,
 * and other transports. Works on Express and Fastify.
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

  /** Cuts the result of the handler. @hidden */
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const route = this.routes.of(context);
    if (route.isUnpaginated) return next.handle();
    const http = context.switchToHttp();
    const state = pageStateOf(http.getRequest<PagedRequest>(), route);
    if (state.error !== undefined) throw state.error;
    // Another PaginationInterceptor, on the controller or global, already bounds it.
    if (state.isBounded) return next.handle();
    route.isBounded = state.isBounded = true;
    const response = http.getResponse<NodeResponse & { raw?: NodeResponse }>();
    const exchange = { context, state, client: response.raw ?? response };
    // A generator may call resolvePage() while it is read.
    const inHandler = <Result>(work: () => Result): Result =>
      route.mayResolve ? handlerState.run(state, work) : work();
    // Nest sends only the last value of an observable.
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

  private finish(list: BoundedList, exchange: PagedExchange): unknown {
    const { route, paging, misorder } = exchange.state;
    const { body, rows, limit, isRead, uncutRows, isCutInside } = list;
    const maxRows = isRead || paging !== undefined ? limit + 1 : limit;
    if (rows !== undefined && rows > maxRows) this.routes.reportOverrun(route, overrunOf(rows, limit));
    if (isCutInside) this.routes.reportOverrun(route, `${CUT_INSIDE} ${limit} rows. ${OUTSIDE}`);
    if (uncutRows !== undefined) this.routes.warn(route, 'uncut', `${NOT_CUT} ${uncutRows} rows.`);
    if (rows !== undefined && misorder !== undefined) this.routes.warn(route, 'order', misorder);
    const next = nextOf(list, exchange);
    if (next !== undefined && 'offset' in next && paging === 'cursor') {
      this.routes.warn(route, 'bare', NO_CURSOR);
    }
    if (next !== undefined && !exchange.client.headersSent) this.addLink(next, exchange);
    return body;
  }

  private addLink(next: NextPage, { context, state }: PagedExchange): void {
    const http = context.switchToHttp();
    const request = http.getRequest<PagedRequest>();
    const isQuery = state.route.paging !== undefined;
    // Clients follow a link by GET, without the body from which this page was parsed.
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
 * The start of the next page; undefined if there is none. It may be an offset beyond `maxOffset`: a client that follows
 * the link then gets the reason as a 400, whereas a missing link would suggest that the list is complete.
 */
function nextOf(
  { body, rows = 0 }: BoundedList,
  { state: { page, paging, input } }: PagedExchange,
): NextPage | undefined {
  if (paging === undefined) return undefined;
  const info = pageInfoOf(body);
  if (typeof info?.next === 'string') return { after: info.next };
  const isAfterRow = paging === 'cursor' && isGiven((Object(input) as { after?: unknown }).after);
  const hasMore = info?.hasMore ?? rows > page.limit;
  return hasMore && !isAfterRow ? { offset: page.offset + page.limit } : undefined;
}
