import type { CallHandler, ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { Observable, type Subscriber, of } from 'rxjs';
import type { CacheEngine } from '../cache.engine.js';
import { responseOf } from './adapter/response-of.js';
import { tagsOf, ttlOf } from './route-functions.js';
import { RouteRegistry } from './route-registry.js';
import { type HttpExchange, isClientGone, urlOf } from './http-exchange.js';
import { InFlightResponse, InFlightResponses, type Outcome } from './in-flight-response.js';
import type { CachedResponse } from './cached-response.js';
import { type ResponsePlan, ResponseStore } from './response-store.js';
import { replay } from './replay.js';
import { type GrantQuery, type HttpRequest, ResponseKeys } from './response-key.js';
import { ResponseCapture, type Shareable } from './response-capture.js';
import { RouteWarnings } from './route-warnings.js';
import { invalidateAfter } from './unsafe-request.js';

const ANSWERED = Symbol('answered by HttpCacheInterceptor');

type Teardown = (() => void) | undefined;

/** A request whose response is made for all waiting requests. */
interface LeadRequest extends ResponsePlan {
  readonly followers: InFlightResponse;
}

/** The cached responses of an application. */
export class HttpCache {
  private readonly routes: RouteRegistry;
  private readonly keys: ResponseKeys;
  private readonly cached: ResponseStore;
  private readonly inFlight = new InFlightResponses();
  private readonly warnings = new RouteWarnings();

  constructor(engine: CacheEngine, application: ApplicationConfig, granted: GrantQuery) {
    this.routes = new RouteRegistry(application);
    this.keys = new ResponseKeys(granted, () => application.getVersioning());
    this.cached = new ResponseStore(engine, this.keys, this.warnings);
    engine.loads.add(this.inFlight);
  }

  /** Returns the result of the interceptor for a request. */
  answer(context: ExecutionContext, next: CallHandler, interceptor: Function): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.getArgByIndex<HttpRequest & { [ANSWERED]?: true }>(0);
    // The interceptor may be applied twice.
    if (request[ANSWERED] === true) return next.handle();
    request[ANSWERED] = true;
    const reply = context.getArgByIndex<object>(1);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return invalidateAfter(request, responseOf(reply), next, (urls) =>
        this.invalidate(urls, request, context, interceptor),
      );
    }
    const route = this.routes.of(context, interceptor);
    if (route === undefined) return next.handle();
    const response = responseOf(reply);
    if (response.isPatched) route.isDirect = false;
    const resource = this.keys.resourceOf(route, request, context);
    const found = this.cached.find(route, request, this.keys.keyOf(resource, request.headers, route.names));
    if (found !== undefined) return of(replay({ route, request, response }, found));
    const headers = { ...request.headers };
    const tags = tagsOf(route, request, this.warnings);
    return new Observable((subscriber: Subscriber<unknown>) =>
      this.serve({ route, context, next, request, headers, response, resource, tags, subscriber }),
    );
  }

  /** Sends a stored response, waits for an in-flight one, or makes one. */
  private serve(exchange: HttpExchange): Teardown {
    const { route, request, tags } = exchange;
    const key = this.keyOf(exchange);
    const found = this.cached.find(route, request, key);
    if (found !== undefined) return this.hit(exchange, found);
    if (request.method === 'HEAD' || tags === undefined || !this.cached.isEnabled)
      return this.runHandler(exchange);
    if (this.cached.isUnshared(key)) return this.lead(exchange, key, new InFlightResponse(() => undefined));
    const others = this.inFlight.find(key);
    if (others !== undefined) return this.follow(exchange, key, others);
    return this.lead(exchange, key, this.inFlight.start(key, urlOf(request), tags));
  }

  private follow(exchange: HttpExchange, key: string, followers: InFlightResponse): Teardown {
    const { raw } = exchange.response;
    let teardown: Teardown;
    const proceed = (outcome: Outcome): Teardown => {
      if (outcome === 'lead') return this.lead(exchange, key, followers);
      if (outcome === 'unshared') return this.runHandler(exchange);
      return outcome === 'retry' ? this.serve(exchange) : this.hit(exchange, outcome);
    };
    const leave = followers.join((outcome) => {
      raw.off('close', leave);
      try {
        teardown = proceed(outcome);
      } catch (error) {
        exchange.subscriber.error(error);
      }
    });
    raw.once('close', leave);
    return () => {
      leave();
      teardown?.();
    };
  }

  /** Looks into the shared cache, and runs the handler on a miss. */
  private lead(exchange: HttpExchange, key: string, followers: InFlightResponse): Teardown {
    const { route } = exchange;
    const lookup = this.cached.lookup(key);
    if (lookup === undefined) return this.runTagged(exchange, { key, followers, before: undefined });
    return this.after(lookup, exchange, followers, (before) => {
      const found = this.cached.readFrom(before, exchange, key);
      if (found !== undefined && 'headers' in found) {
        followers.settle(found);
        return this.hit(exchange, found);
      }
      if (found !== undefined && route.addVaryNames(found.names) && this.keyOf(exchange) !== key) {
        followers.settle('retry');
        return this.serve(exchange);
      }
      return this.runTagged(exchange, { key, followers, before });
    });
  }

  /** Reads the tags of the response, and then runs the handler. */
  private runTagged(exchange: HttpExchange, lead: Omit<LeadRequest, 'tags'>): Teardown {
    const read = this.cached.readTags(exchange.route, exchange.tags ?? []);
    const run = (tags: LeadRequest['tags']) => this.runHandler(exchange, { ...lead, tags });
    return read instanceof Promise ? this.after(read, exchange, lead.followers, run) : run(read);
  }

  /** Proceeds once the shared cache has answered, unless the client has left by then. */
  private after<T>(
    answer: Promise<T>,
    { subscriber, response }: HttpExchange,
    followers: InFlightResponse,
    proceed: (value: T) => Teardown,
  ): Teardown {
    let teardown: Teardown;
    const continueWith = (value: T) => {
      if (subscriber.closed || isClientGone(response.raw)) followers.elect();
      else teardown = proceed(value);
    };
    answer.then(continueWith).catch((error: unknown) => subscriber.error(error));
    return () => teardown?.();
  }

  /** Runs the handler; without `lead`, for this request only. */
  private runHandler(exchange: HttpExchange, lead?: LeadRequest): Teardown {
    this.cached.countMiss(exchange);
    const start = this.cached.now;
    const { route, context } = exchange;
    const ttl = lead && ttlOf(route, context, this.cached.ttl, this.warnings);
    const keep = async (plan: LeadRequest, made: Shareable) =>
      this.cached.keep(exchange, plan, { ...made, ttl: await ttl! }, start);
    const capture = new ResponseCapture(exchange, this.warnings, (made) => {
      if (lead === undefined) return;
      const { key, followers } = lead;
      if (typeof made === 'object') {
        return void keep(lead, made).then(
          (outcome) => followers.settle(outcome),
          () => followers.settle('unshared'),
        );
      }
      // Deferred, so that clients which disconnect at the same time do not each become the leader for a moment.
      if (made === 'left') return void setImmediate(() => followers.elect());
      if (made === 'unshared') this.cached.markUnshared(key);
      followers.settle('unshared');
    });
    return capture.start();
  }

  private hit(exchange: HttpExchange, kept: CachedResponse): undefined {
    exchange.subscriber.next(replay(exchange, kept));
    exchange.subscriber.complete();
  }

  private keyOf({ route, headers, resource }: HttpExchange): string {
    return this.keys.keyOf(resource, headers, route.names);
  }

  /** Removes the responses of URLs that a request has changed; for its own URL also those made by other processes. */
  private invalidate(
    urls: readonly string[],
    request: HttpRequest,
    context: ExecutionContext,
    interceptor: Function,
  ): void {
    const siblings = this.routes.getSiblings(context, interceptor);
    const keys = siblings.map(([route, sibling]) =>
      this.keys.keyOf(this.keys.resourceOf(route, request, sibling), request.headers, route.names),
    );
    this.inFlight.dropUrls(urls);
    this.cached.invalidate(urls, keys);
  }
}
