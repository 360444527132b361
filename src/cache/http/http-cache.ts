import type { CallHandler, ExecutionContext } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { Observable, type Subscriber, of } from 'rxjs';
import type { BoundedStore } from '../bounded.store.js';
import type { SharedReading } from '../far/shared-reading.js';
import { responseOf } from './adapter/response-of.js';
import { CachedRoutes } from './cached-routes.js';
import { type Exchange, hasLeft, urlOf } from './exchange.js';
import { InFlightResponse, InFlightResponses, type Outcome } from './in-flight-response.js';
import type { KeptResponse } from './kept-response.js';
import { KeptResponses } from './kept-responses.js';
import { replay } from './replay.js';
import { type GrantedQuery, type HttpRequest, ResponseKeys } from './response-key.js';
import { ResponseMaking, type Shareable } from './response-making.js';
import { RouteWarnings } from './route-warnings.js';
import { invalidating } from './unsafe-request.js';

const ANSWERED = Symbol('answered by HttpCacheInterceptor');

type Teardown = (() => void) | undefined;

/** A response that is made for all. */
interface Lead {
  readonly key: string;
  readonly followers: InFlightResponse;
  /** What other processes had. */
  readonly before: SharedReading | undefined;
}

/** The cached responses of an application. */
export class HttpCache {
  private readonly routes: CachedRoutes;
  private readonly keys: ResponseKeys;
  private readonly kept: KeptResponses;
  private readonly inFlight = new InFlightResponses();
  private readonly warnings = new RouteWarnings();

  constructor(store: BoundedStore, application: ApplicationConfig, granted: GrantedQuery) {
    this.routes = new CachedRoutes(application);
    this.keys = new ResponseKeys(granted, () => application.getVersioning());
    this.kept = new KeptResponses(store, this.keys, this.warnings);
    store.loads.add(this.inFlight);
  }

  /** What an interceptor hands on for a request. */
  answer(context: ExecutionContext, next: CallHandler, interceptor: Function): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const request = context.getArgByIndex<HttpRequest & { [ANSWERED]?: true }>(0);
    // The interceptor may be listed twice.
    if (request[ANSWERED] === true) return next.handle();
    request[ANSWERED] = true;
    const reply = context.getArgByIndex<object>(1);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return invalidating(request, responseOf(reply), next, (urls) =>
        this.invalidate(urls, request, context, interceptor),
      );
    }
    const route = this.routes.of(context, interceptor);
    if (route === undefined) return next.handle();
    const response = responseOf(reply);
    if (response.isPatched) route.isDirect = false;
    const resource = this.keys.resourceOf(route, request, context);
    const found = this.kept.find(route, request, this.keys.keyOf(resource, request.headers, route.names));
    if (found !== undefined) return of(replay({ route, request, response }, found));
    const headers = { ...request.headers };
    return new Observable((subscriber: Subscriber<unknown>) =>
      this.enter({ route, context, next, request, headers, response, resource, subscriber }),
    );
  }

  /** Takes a response, waits for one that is being made, or makes one. */
  private enter(exchange: Exchange): Teardown {
    const { route, request } = exchange;
    const key = this.keyOf(exchange);
    const found = this.kept.find(route, request, key);
    if (found !== undefined) return this.hit(exchange, found);
    if (request.method === 'HEAD') return this.make(exchange);
    if (this.kept.isUnshared(key)) return this.lead(exchange, key, new InFlightResponse(() => undefined));
    const others = this.inFlight.find(key);
    if (others !== undefined) return this.wait(exchange, key, others);
    return this.lead(exchange, key, this.inFlight.start(key, urlOf(request)));
  }

  private wait(exchange: Exchange, key: string, followers: InFlightResponse): Teardown {
    const { raw } = exchange.response;
    let teardown: Teardown;
    const proceed = (outcome: Outcome): Teardown => {
      if (outcome === 'lead') return this.lead(exchange, key, followers);
      if (outcome === 'alone') return this.make(exchange);
      return outcome === 'again' ? this.enter(exchange) : this.hit(exchange, outcome);
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

  /** Asks other processes, and makes the response if none of them has it. */
  private lead(exchange: Exchange, key: string, followers: InFlightResponse): Teardown {
    const looking = this.kept.look(key);
    if (looking === undefined) return this.make(exchange, { key, followers, before: undefined });
    const { route, subscriber, response } = exchange;
    let teardown: Teardown;
    const proceed = (before: SharedReading | undefined): Teardown => {
      const found = this.kept.readFrom(before, exchange, key);
      if (found !== undefined && 'headers' in found) {
        followers.settle(found);
        return this.hit(exchange, found);
      }
      if (found !== undefined && route.learn(found.names) && this.keyOf(exchange) !== key) {
        followers.settle('again');
        return this.enter(exchange);
      }
      return this.make(exchange, { key, followers, before });
    };
    const look = async () => {
      const before = await looking;
      if (subscriber.closed || hasLeft(response.raw)) followers.elect();
      else teardown = proceed(before);
    };
    look().catch((error: unknown) => subscriber.error(error));
    return () => teardown?.();
  }

  /** Without `lead`, for this request alone. */
  private make(exchange: Exchange, lead?: Lead): Teardown {
    this.kept.missed();
    const start = this.kept.now;
    const ttl = lead && this.ttlOf(exchange);
    const keep = async ({ key, before }: Lead, made: Shareable) =>
      this.kept.keep(exchange, key, { ...made, ttl: await ttl! }, before, start);
    const making = new ResponseMaking(exchange, this.warnings, (made) => {
      if (lead === undefined) return;
      const { key, followers } = lead;
      if (typeof made === 'object') {
        return void keep(lead, made).then(
          (outcome) => followers.settle(outcome),
          () => followers.settle('alone'),
        );
      }
      // Those that came together leave together: not each of them leads for a moment.
      if (made === 'left') return void setImmediate(() => followers.elect());
      if (made === 'unshared') this.kept.refuse(key);
      followers.settle('alone');
    });
    return making.start();
  }

  /** Milliseconds; NaN if the function of `@CacheTTL()` fails, so that the response is not kept. */
  private async ttlOf({ route, context }: Exchange): Promise<number> {
    try {
      return typeof route.ttl === 'function' ? await route.ttl(context) : (route.ttl ?? this.kept.ttl);
    } catch {
      this.warnings.ttl(route);
      return NaN;
    }
  }

  private hit(exchange: Exchange, kept: KeptResponse): undefined {
    exchange.subscriber.next(replay(exchange, kept));
    exchange.subscriber.complete();
  }

  private keyOf({ route, headers, resource }: Exchange): string {
    return this.keys.keyOf(resource, headers, route.names);
  }

  /** Removes what is kept for URLs that a request has changed; what other processes made for its own, too. */
  private invalidate(
    urls: readonly string[],
    request: HttpRequest,
    context: ExecutionContext,
    interceptor: Function,
  ): void {
    const siblings = this.routes.readingSiblings(context, interceptor);
    const keys = siblings.map(([route, reading]) =>
      this.keys.keyOf(this.keys.resourceOf(route, request, reading), request.headers, route.names),
    );
    this.inFlight.dropUrls(urls);
    this.kept.invalidate(urls, keys);
  }
}
