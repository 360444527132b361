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
import { OtherPages } from './other-pages.js';
import { PageLinks, type LinkedPage } from './page-links.js';
import type { PageRoute } from './page-route.js';
import { PageRoutes } from './page-routes.js';
import { handlerState, pageStateOf, type PageState } from './page-state.js';
import { type PagedRequest, takeParameters } from './paged-request.js';
import type { Client } from './row-reader.js';

const NOT_CUT =
  'returned an object that is not cut, because it is neither an array nor { items }. It contains a list of';

const NO_CURSOR =
  'has a sort but returned a list without cursors: return Page.of(rows, page, (row) => [...]).';

const CUT_INSIDE = 'returned an object that contains a source of rows, which was cut to';

const OUTSIDE =
  'Return the source itself, and wrap the rows in an interceptor that is listed before PaginationInterceptor.';

const NO_LINK =
  'has no Link to its next page, because the link would not lead there. Either the page was not read from its ' +
  'parameters as the client sent them (a middleware may rewrite them), or its next cursor is the one that the ' +
  'client sent, or the query has more than 998 other parameters.';

const DEAD_END =
  'has more rows, but no parameter with which clients can ask for them: its params name neither a cursor nor a position.';

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
    if (state.error !== undefined) throw state.refuse(state.error);
    // Another PaginationInterceptor, on the controller or global, already bounds it.
    if (state.isBounded) return next.handle();
    route.isBounded = state.isBounded = true;
    if (route.paging !== undefined && route.sharesInput) {
      takeParameters(http.getRequest<PagedRequest>(), route.paging, route.names);
    }
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
    const { route, isPaged, misorder } = exchange.state;
    const { body, rows, limit, isRead, uncutRows, isCutInside } = list;
    const maxRows = isRead || isPaged ? limit + 1 : limit;
    if (rows !== undefined && rows > maxRows) this.routes.reportOverrun(route, overrunOf(rows, limit));
    if (isCutInside) this.routes.reportOverrun(route, `${CUT_INSIDE} ${limit} rows. ${OUTSIDE}`);
    if (uncutRows !== undefined) this.routes.warn(route, 'uncut', `${NOT_CUT} ${uncutRows} rows.`);
    if (rows !== undefined && misorder !== undefined) this.routes.warn(route, 'order', misorder);
    return isPaged ? this.sendPage(new OtherPages(list, exchange.state), body, exchange) : body;
  }

  private sendPage(pages: OtherPages, body: unknown, exchange: PagedExchange): unknown {
    const { state, client } = exchange;
    const { next, previous, info, hasMore, isAtCursor } = pages;
    if (
      state.isSorted &&
      hasMore &&
      !isAtCursor &&
      typeof info?.next !== 'string' &&
      state.names.after !== undefined
    ) {
      this.routes.warn(state.route, 'bare', NO_CURSOR);
    }
    if (hasMore && next === undefined && !isAtCursor) this.routes.warn(state.route, 'dead end', DEAD_END);
    const { envelope, linkStyle } = this.routes;
    const items = envelope && info && itemsOf(body);
    if (next === undefined && previous === undefined && info?.total === undefined && items === undefined)
      return body;
    const request = requestOf(exchange);
    const links = hasLinks(request, state.route)
      ? new PageLinks(request, linkedPageOf(state), linkStyle)
      : undefined;
    // First, because the response to its error has no headers of the page.
    const sent = envelope && info && items ? envelope.wrap(pages.enveloped(info, items, links)) : body;
    if (!client.headersSent) this.addHeaders(pages, links, exchange);
    return sent;
  }

  private addHeaders(
    { next, previous, info }: OtherPages,
    links: PageLinks | undefined,
    exchange: PagedExchange,
  ): void {
    const { state, context } = exchange;
    const response: unknown = context.switchToHttp().getResponse();
    const { httpAdapter } = this.adapterHost;
    const total = state.names.counting.sendsTotal ? info?.total : undefined;
    if (total !== undefined) httpAdapter.setHeader(response, 'X-Total-Count', String(total));
    for (const [rel, position] of [
      ['next', next],
      ['prev', previous],
    ] as const) {
      if (position === undefined || links === undefined) continue;
      const target = links.to(position);
      if (target === undefined) this.routes.warn(state.route, 'unlinked', NO_LINK);
      else httpAdapter.appendHeader(response, 'Link', `<${target}>; rel="${rel}"`);
    }
    const { origin, host } = requestOf(exchange).headers ?? {};
    if (origin !== undefined && !String(origin).endsWith(`//${String(host)}`)) this.warnHidden(response);
  }

  /** Scripts of other origins read only the headers that CORS exposes. */
  private warnHidden(response: unknown): void {
    const header = (name: string) => String(this.adapterHost.httpAdapter.getHeader(response, name) ?? '');
    if (header('Access-Control-Allow-Origin') === '') return;
    const exposed = header('Access-Control-Expose-Headers')
      .toLowerCase()
      .split(/[\s,]+/);
    const hidden = ['Link', 'X-Total-Count'].filter(
      (name) => header(name) !== '' && !exposed.includes('*') && !exposed.includes(name.toLowerCase()),
    );
    if (hidden.length > 0) this.routes.warnHidden(hidden);
  }
}

const requestOf = ({ context }: PagedExchange) => context.switchToHttp().getRequest<PagedRequest>();

/** Clients follow a link by GET, without the body from which a page may have been parsed. */
function hasLinks({ method }: PagedRequest, { paging }: PageRoute): boolean {
  return paging === undefined ? method === 'GET' || method === 'HEAD' : paging.from === 'query';
}

function linkedPageOf({ names, input, isSorted, route }: PageState): LinkedPage {
  return { names, input, isSorted, isQuery: route.paging !== undefined, linked: route.linked };
}

/** A copy, because a cache may have the list, and the envelope is code of the application. */
function itemsOf(body: unknown): readonly unknown[] | undefined {
  const { items } = Object(body) as { items?: unknown };
  return Array.isArray(items) ? [...(items as readonly unknown[])] : undefined;
}

function overrunOf(rows: number, limit: number): string {
  return (
    `returned ${rows} rows for a page of ${limit}. ` +
    'Take the page with @Paginate() and put page.take into the query.'
  );
}
