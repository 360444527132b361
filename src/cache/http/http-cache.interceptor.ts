import { CACHE_MANAGER, CACHE_TTL_METADATA, CacheInterceptor } from '@nestjs/cache-manager';
import { Inject, Injectable, type CallHandler, type ExecutionContext } from '@nestjs/common';
import { SSE_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, HttpAdapterHost, Reflector } from '@nestjs/core';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { BoundedStore } from '../bounded.store.js';
import { valueOf } from '../kept-value.js';
import { isLive, type CachedAnswer } from './cached-answer.js';
import { CACHE_SCOPE } from './cache-scope.decorator.js';
import { answerKey, resourceOf, type RequestParts } from './http-cache.key.js';
import {
  hasLeft,
  headersOf,
  headersSince,
  sharedSeconds,
  variedBy,
  type Headers,
  type ResponseHead,
} from './response-headers.js';
import { SerializerOrder } from './serializer-order.js';

/** Query parameters as a route grants them, whatever the client asked: answers that differ in nothing else are one. */
export const GRANTED_QUERY = Symbol('GRANTED_QUERY');
export type GrantedQuery = (context: ExecutionContext) => Readonly<Record<string, string>>;

/** A request on its way to an answer. */
interface Exchange {
  readonly context: ExecutionContext;
  readonly request: RequestParts;
  readonly response: ResponseHead;
  readonly resource: string;
  /** The request headers that the route names. */
  readonly named: readonly string[];
}

/**
 * Nest's CacheInterceptor made safe: it caches only routes that say for whom their answer is, `@CachePublic()` or
 * `@CacheVary('authorization')`, tells requests apart by method, host, path, query, the named headers and those of the
 * response's own Vary, honours Cache-Control and Set-Cookie, and runs the handler once however many ask at a time.
 *
 * @example
 * ```ts
 * @Controller('products')
 * @UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
 * export class ProductsController {}
 * ```
 */
@Injectable()
export class HttpCacheInterceptor extends CacheInterceptor {
  /** For each answer that is being made: whether others may have it. */
  private readonly making = new Map<string, Promise<boolean>>();
  private readonly order: SerializerOrder;

  constructor(
    @Inject(CACHE_MANAGER) cache: unknown,
    @Inject(Reflector) reflector: Reflector,
    @Inject(BoundedStore) private readonly store: BoundedStore,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(GRANTED_QUERY) private readonly granted: GrantedQuery,
    @Inject(ApplicationConfig) application: ApplicationConfig,
  ) {
    super(cache, reflector);
    this.order = new SerializerOrder(application, HttpCacheInterceptor);
  }

  /** Answers from the cache, or with what the handler makes. @hidden */
  override async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const exchange = this.exchangeOf(context);
    if (exchange === undefined) return next.handle();
    for (;;) {
      const names = await this.namesOf(exchange);
      const key = answerKey(exchange.resource, exchange.request, names);
      // Another request may have kept it while this one looked.
      const found = ((await this.store.get(key)) ?? this.store.peek(key)) as CachedAnswer | undefined;
      if (found !== undefined) return of(this.replay(exchange, found, names));
      const making = this.making.get(key);
      if (making === undefined) return of(await this.lead(key, exchange, next));
      // An answer that could not be shared is made for each.
      if (!(await making)) return of(await this.make(exchange, next));
    }
  }

  private exchangeOf(context: ExecutionContext): Exchange | undefined {
    if (context.getType() !== 'http') return undefined;
    const targets = [context.getHandler(), context.getClass()];
    const named = this.reflector.getAllAndOverride<readonly string[] | undefined>(CACHE_SCOPE, targets);
    if (named === undefined) return undefined;
    const http = context.switchToHttp();
    const request = http.getRequest<Pick<RequestParts, 'headers'>>();
    const { httpAdapter } = this.host;
    const method = String(httpAdapter.getRequestMethod(request));
    if (method !== 'GET' && method !== 'HEAD') return undefined;
    if (this.reflector.get(SSE_METADATA, context.getHandler()) === true) return undefined;
    const parts = {
      method,
      // As the client wrote it, and as a trusted proxy says.
      host: `${String(request.headers['host'] ?? '')} ${String(httpAdapter.getRequestHostname(request))}`,
      url: String(httpAdapter.getRequestUrl(request)),
      headers: request.headers,
    };
    const resource = resourceOf(parts, this.granted(context));
    return { context, request: parts, response: http.getResponse<ResponseHead>(), resource, named };
  }

  /** The headers that tell answers apart: those that the route names, and those that an answer of it varied by. */
  private async namesOf({ resource, named }: Exchange, varied: readonly string[] = []): Promise<string[]> {
    const key = varyKey(resource);
    const known = this.store.peek(key) ?? valueOf((await this.store.look(key))?.freshEntry);
    const learned = (known ?? []) as readonly string[];
    return [...new Set([...named, ...learned, ...varied])].toSorted();
  }

  private async lead(key: string, exchange: Exchange, next: CallHandler): Promise<unknown> {
    const made = this.makeAndKeep(exchange, next);
    this.making.set(
      key,
      made.then(
        ({ isKept }) => isKept,
        () => false,
      ),
    );
    try {
      return (await made).body;
    } finally {
      this.making.delete(key);
    }
  }

  private async makeAndKeep(
    exchange: Exchange,
    next: CallHandler,
  ): Promise<{ body: unknown; isKept: boolean }> {
    const before = headersOf(exchange.response);
    const { clearings } = this.store;
    const body = await this.make(exchange, next);
    const isCurrent = this.store.clearings === clearings;
    return { body, isKept: isCurrent && (await this.keep(exchange, body, before)) };
  }

  private async make({ context, response, named }: Exchange, next: CallHandler): Promise<unknown> {
    const body = await lastValueFrom(next.handle(), { defaultValue: undefined });
    if (!this.host.httpAdapter.isHeadersSent(context.switchToHttp().getResponse())) {
      this.setHeader(context, 'X-Cache', 'MISS');
      this.setVary(context, [...variedBy(headersOf(response)), ...named]);
    }
    return body;
  }

  /** Whether the answer is one that others may have, too. */
  private async keep(exchange: Exchange, body: unknown, before: Headers): Promise<boolean> {
    const { context, request, response, resource } = exchange;
    const after = headersOf(response);
    const names = variedBy(after);
    const seconds = sharedSeconds(after);
    const isSent = this.host.httpAdapter.isHeadersSent(context.switchToHttp().getResponse()) as boolean;
    // A list whose client has left may have been read in part.
    if (body === undefined || isSent || hasLeft(response) || response.statusCode !== 200) return false;
    if (seconds === 0 || names.includes('*') || isLive(body)) return false;
    if (this.order.needsClassOf(body, context)) return false;

    // A ttl of 0 means no end.
    const ttl = Math.min(this.ttlOf(context) || Infinity, seconds * 1000);
    const all = await this.namesOf(exchange, names);
    const answer = { body, headers: headersSince(before, after), storedAt: Date.now() };
    const learned = this.store.set(varyKey(resource), all, ttl);
    const kept = await this.store.set(answerKey(resource, request, all), answer, ttl);
    return (await learned) && kept;
  }

  private ttlOf(context: ExecutionContext): number {
    const targets = [context.getHandler(), context.getClass()];
    const ttl = this.reflector.getAllAndOverride<unknown>(CACHE_TTL_METADATA, targets);
    return typeof ttl === 'number' ? ttl : this.store.ttl;
  }

  private replay(exchange: Exchange, answer: CachedAnswer, names: readonly string[]): unknown {
    const { context, response } = exchange;
    for (const [name, value] of Object.entries(answer.headers)) this.setHeader(context, name, value);
    this.setHeader(context, 'X-Cache', 'HIT');
    this.setHeader(context, 'Age', String(Math.max(0, Math.floor((Date.now() - answer.storedAt) / 1000))));
    this.setVary(context, [...variedBy(headersOf(response)), ...names]);
    return answer.body;
  }

  private setVary(context: ExecutionContext, names: readonly string[]): void {
    if (names.length > 0) this.setHeader(context, 'Vary', [...new Set(names)].join(', '));
  }

  private setHeader(context: ExecutionContext, name: string, value: string | readonly string[]): void {
    this.host.httpAdapter.setHeader(context.switchToHttp().getResponse(), name, value as string);
  }
}

const varyKey = (resource: string) => `http-vary:${resource}`;
