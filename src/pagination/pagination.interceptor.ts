import {
  Inject,
  Injectable,
  Logger,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/constants.js';
import { HttpAdapterHost } from '@nestjs/core';
import { concatMap, of, takeLast, type Observable } from 'rxjs';
import { BaseConfig } from '../config/base.config.js';
import { boundList, type BoundedList } from './bounded-list.js';
import { nextLink } from './next-link.js';
import { limitsOf } from './page-limits.js';
import type { PageLimits, PageRequest } from './page-request.js';
import { pageStateOf, type PageState } from './page-state.js';
import type { Client } from './row-reader.js';

const NOT_CUT = 'returned an object of which only { items } would have been cut: it holds a list of';

interface Request {
  readonly query?: unknown;
  readonly url: string;
  readonly originalUrl?: string;
}

type NodeResponse = Client & { readonly headersSent: boolean };

/**
 * Cuts every list that leaves a controller to the page that was asked for, at most MAX_PAGE_SIZE rows: arrays,
 * `{ items }`, async generators and object streams. What a handler reads beyond the page has been paid for by then,
 * so take the page with `@Paginate()` and push it into the query; a route that overruns is named in a warning, once.
 *
 * Server-sent events, files, streams and generators of text or bytes, and other transports pass untouched. On Express
 * and Fastify.
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
  private readonly logger = new Logger('Pagination');
  private readonly limits: PageLimits;
  private readonly takers = new WeakSet<Function>();
  private readonly warned = new WeakMap<Function, WeakSet<Function>>();

  constructor(
    @Inject(BaseConfig) config: BaseConfig,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {
    this.limits = limitsOf(config);
  }

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http' || Reflect.hasMetadata(SSE_METADATA, context.getHandler()))
      return next.handle();
    const http = context.switchToHttp();
    const state = pageStateOf(http.getRequest<Request>(), this.limits);
    const response = http.getResponse<NodeResponse & { raw?: NodeResponse }>();
    const client = response.raw ?? response;
    return next.handle().pipe(
      // Nest answers with an observable's last value; bounding every value before it would be wasted.
      takeLast(1),
      concatMap((result) => {
        const list = boundList(result, state.page, client);
        return list instanceof Promise
          ? list.then((read) => this.finish(read, state, context, client))
          : of(this.finish(list, state, context, client));
      }),
    );
  }

  private finish(
    list: BoundedList,
    state: PageState,
    context: ExecutionContext,
    client: NodeResponse,
  ): unknown {
    const { page } = state;
    const handler = context.getHandler();
    // Where a cache answers for the handler, it does not get to take the page again.
    if (state.taken) this.takers.add(handler);
    const taken = this.takers.has(handler);
    const { body, rows = 0 } = list;
    if (rows > page.limit) {
      if (taken && Number.isSafeInteger(page.offset + page.limit)) this.link(page, context, client);
      if (rows > page.take || !taken) this.warn(context, overrun(list, page));
    } else if (list.rows === undefined && isPlain(body)) {
      const within = Object.values(body).find((value) => Array.isArray(value) && value.length > page.limit);
      if (within !== undefined) this.warn(context, `${NOT_CUT} ${(within as unknown[]).length} rows.`);
    }
    return body;
  }

  private link(page: PageRequest, context: ExecutionContext, { headersSent }: NodeResponse): void {
    if (headersSent) return;
    const http = context.switchToHttp();
    const { originalUrl, url } = http.getRequest<Request>();
    this.adapterHost.httpAdapter.appendHeader(http.getResponse(), 'Link', nextLink(originalUrl ?? url, page));
  }

  private warn(context: ExecutionContext, what: string): void {
    const [controller, handler] = [context.getClass(), context.getHandler()];
    const warned = this.warned.get(controller) ?? new WeakSet();
    this.warned.set(controller, warned);
    if (warned.has(handler)) return;
    warned.add(handler);
    this.logger.warn(`${controller.name}.${handler.name} ${what} Said once for this route.`);
  }
}

/** To look into anything else would enumerate a buffer's bytes, or set off what an entity loads on access. */
function isPlain(body: unknown): body is object {
  return typeof body === 'object' && body !== null && Object.getPrototypeOf(body) === Object.prototype;
}

function overrun({ rows, open }: BoundedList, { limit }: PageRequest): string {
  return (
    `returned ${open ? 'at least ' : ''}${rows} rows for a page of ${limit}; the answer was cut. ` +
    'Take the page with @Paginate() and put page.take into the query.'
  );
}
