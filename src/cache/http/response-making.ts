import { StreamableFile } from '@nestjs/common';
import { FrozenCopy } from '../frozen-copy.js';
import { hasLeft, type Exchange } from './exchange.js';
import { freshnessOf } from './freshness.js';
import type { KeptResponse } from './kept-response.js';
import { sayScope } from './replay.js';
import { guardHead } from './response-head.js';
import { hasCookie, headersSince, namesIn, spelledNamesIn, type Headers } from './response-headers.js';
import type { RouteWarnings } from './route-warnings.js';
import type { Written } from './adapter/adapter-response.js';

/** A response that others may have, for so many seconds. */
export interface Shareable {
  readonly response: KeptResponse;
  readonly seconds: number;
  /** Its value is one that nothing can freeze, so that each reader needs a copy. */
  readonly isThawed: boolean;
}

/** What came of a response: one for others, one for this client alone, an error, or nothing. */
export type Made = Shareable | 'unshared' | 'failed' | 'left';

/**
 * Has the handler make a response, and tells once what came of it when the head is written: only then status and headers
 * are final. Kept is what the handler's part of the chain made. What hooks add later belongs to one message, and only
 * says whether the response may be kept.
 */
export class ResponseMaking {
  private readonly before: Headers;
  private readonly isDirect: boolean;
  private isTold = false;
  private isEmitted = false;
  private isDone = false;
  /** What was handed on, and what is kept of it. */
  private out: unknown;
  private value: unknown;
  private isThawed = false;
  /** What stands outside could go by its class, which is not kept. */
  private hasClass = false;
  private written: Written | undefined;
  private etag: string | undefined;
  private headers: Headers = {};
  private vary: readonly string[] = [];

  constructor(
    private readonly exchange: Exchange,
    private readonly warnings: RouteWarnings,
    private readonly tell: (made: Made) => void,
  ) {
    const { route, response } = exchange;
    this.before = response.headers();
    this.isDirect = route.isDirect && !response.isPatched;
  }

  /** Runs the handler. What is returned stops waiting for it. */
  start(): () => void {
    const { next, response, request, route, subscriber } = this.exchange;
    if (!response.isPatched) response.capture(request, (written) => this.capture(written));
    const granted = { before: response.header('cache-control'), route: route.scope.cacheControl };
    guardHead(response.raw, granted, (status, headers) => this.commit(status, headers));
    const left = () => this.end('left');
    response.raw.once('close', left);
    const running = next.handle().subscribe({
      next: (body) => this.emit(body),
      error: (error: unknown) => {
        this.isDone = true;
        this.end('failed');
        subscriber.error(error);
      },
      complete: () => {
        this.isDone = true;
        if (!this.isEmitted) this.end('unshared');
        subscriber.complete();
      },
    });
    return () => {
      running.unsubscribe();
      if (!this.isDone) this.end('left');
    };
  }

  private emit(body: unknown): void {
    const { route, response, subscriber } = this.exchange;
    this.isEmitted = true;
    const now = response.headers();
    this.headers = headersSince(this.before, now);
    this.etag = now['etag'] === undefined ? undefined : String(now['etag']);
    this.out = body;
    this.value = body;
    const vary = namesIn(now['vary']);
    this.vary = spelledNamesIn(now['vary']);
    if (!response.raw.headersSent) {
      response.set('X-Cache', 'MISS');
      if (!vary.includes('*') && !route.learn(vary)) {
        this.warnings.varies(route);
        this.end('unshared');
      }
      sayScope(route, response);
    }
    if (this.isDirect) {
      if (typeof body === 'string') response.prepareText();
    } else this.copy(body);
    subscriber.next(this.out);
  }

  /** What interceptors outside get on a miss is what they get on a hit. */
  private copy(body: unknown): void {
    if (typeof body !== 'object' || body === null || this.isTold) return;
    if (body instanceof StreamableFile) return this.end('unshared');
    try {
      const copy = new FrozenCopy(body, Infinity);
      this.value = copy.value;
      this.isThawed = copy.thawed;
      if (copy.flattened === undefined) this.out = copy.value;
      else this.refuseClass(copy.flattened);
    } catch {
      this.end('unshared');
    }
  }

  private refuseClass(name: string): void {
    const { route } = this.exchange;
    this.hasClass = route.hasOutside;
    if (!route.isSerializedOutside) return;
    this.warnings.classes(route, name);
    this.end('unshared');
  }

  /** What the adapter writes. The tag is made here, once. */
  private capture(written: Written): string | undefined {
    const { route, response } = this.exchange;
    const { handed, serialized, text, status } = written;
    if (!this.isEmitted || this.isTold || status !== 200) return undefined;
    const isOurs =
      handed === this.out || (typeof this.out !== 'object' && handed === `${this.out as string | number}`);
    if (serialized === handed && (isOurs || (this.isDirect && route.isSerialized))) {
      this.written = written;
      return (this.etag ??= response.tagOf(text));
    }
    // Something on the way changes what the handler returned, perhaps for this client alone.
    if (this.isDirect) route.isDirect = false;
    return undefined;
  }

  private commit(status: number, headers: Headers): void {
    if (this.isTold) return;
    const { route, response } = this.exchange;
    // Of a route that is known now not to be direct, the next one is kept.
    if (status >= 400 || (this.isDirect && !route.isDirect)) return this.end('failed');
    if (hasCookie(headers)) {
      route.setsCookies = true;
      this.warnings.cookies(route);
    }
    const { text, type, status: made } = this.written ?? {};
    const isWhole = status === 200 || (status === 304 && made === 200);
    const isValue = this.isEmitted && (this.isDirect ? this.value === null : !this.hasClass);
    const { seconds, age } = freshnessOf(headers, Date.now());
    const isShared =
      isWhole && (text !== undefined || isValue) && seconds > 0 && !namesIn(headers['vary']).includes('*');
    if (!isShared || hasLeft(response.raw)) return this.end('unshared');
    const isText = text !== undefined && this.isDirect;
    const kept: KeptResponse = {
      ...(isText ? {} : { value: this.value }),
      ...(text === undefined ? {} : { text, type: type! }),
      ...(this.etag === undefined ? {} : { etag: this.etag }),
      vary: this.vary,
      headers: this.headers,
      storedAt: Date.now(),
      age,
    };
    this.end({ response: kept, seconds, isThawed: this.isThawed });
  }

  private end(made: Made): void {
    if (this.isTold) return;
    this.isTold = true;
    this.tell(made);
  }
}
