import { StreamableFile } from '@nestjs/common';
import { FrozenCopy } from '../near/frozen-copy.js';
import type { WrittenBody } from './adapter/adapter-response.js';
import { type HttpExchange, isClientGone } from './http-exchange.js';
import { freshnessOf } from './freshness.js';
import type { CachedResponse } from './cached-response.js';
import { setScopeHeaders } from './replay.js';
import { CacheControlGuard, onHeadWritten } from './cache-control-guard.js';
import { type Headers, diffHeaders, hasCookie, namesIn, spelledNamesIn } from './response-headers.js';
import type { RouteWarnings } from './route-warnings.js';

const RESPONSE_BYTES = 1024;

/** A response that may be shared with other clients, for so many seconds. */
export interface Shareable {
  readonly response: CachedResponse;
  readonly seconds: number;
  /** Its value has parts that cannot be frozen, so each reader needs a copy. */
  readonly hasMutableParts: boolean;
}

/** The result: a response to share, one for this client only, an error, or none because the client left. */
export type CaptureResult = Shareable | 'unshared' | 'failed' | 'left';

/**
 * Runs the handler and captures its response. The result is reported once, when the head is written, because only then
 * status and headers are final. The stored response is what the handler and the inner interceptors made. Headers that hooks
 * add later belong to one message: they only decide whether the response may be stored.
 */
export class ResponseCapture {
  private readonly before: Headers;
  private readonly isDirect: boolean;
  private readonly guard: CacheControlGuard;
  private isDone = false;
  private isEmitted = false;
  private hasReachedAdapter = false;
  /** The headers when the handler had finished. */
  private after: Headers = {};
  /** The value emitted to the outer interceptors. */
  private emitted: unknown;
  /** The value to store. */
  private value: unknown;
  private hasMutableParts = false;
  private valueBytes = 0;
  private written: WrittenBody | undefined;
  private etag: string | undefined;

  constructor(
    private readonly exchange: HttpExchange,
    private readonly warnings: RouteWarnings,
    private readonly onResult: (made: CaptureResult) => void,
  ) {
    const { route, response } = exchange;
    this.before = response.headers();
    this.isDirect = route.isDirect;
    this.guard = new CacheControlGuard(response.raw, route.scope.cacheControl);
    this.guard.grant(response.header('cache-control'));
  }

  /** Runs the handler. Returns a function that unsubscribes from it. */
  start(): () => void {
    const { next, response, request, subscriber } = this.exchange;
    response.capture(request, {
      bodyReceived: () => (this.hasReachedAdapter = this.isEmitted),
      bodyWritten: (written) => this.capture(written),
    });
    onHeadWritten(response.raw, (status, headers) => this.commit(status, headers));
    response.raw.once('close', () => this.finish('left'));
    const running = next.handle().subscribe({
      next: (body) => this.emit(body),
      error: (error: unknown) => {
        this.guard.grant(response.header('cache-control'));
        this.finish('failed');
        subscriber.error(error);
      },
      complete: () => {
        if (!this.isEmitted) this.finish('unshared');
        subscriber.complete();
      },
    });
    return () => {
      running.unsubscribe();
      // After the value was emitted, an outer interceptor may simply have all that it needs.
      if (!this.isEmitted) this.finish('left');
    };
  }

  private emit(body: unknown): void {
    const { route, response, subscriber } = this.exchange;
    this.isEmitted = true;
    this.after = response.headers();
    this.etag = this.after['etag']?.toString();
    this.emitted = body;
    this.value = body;
    if (!response.raw.headersSent) {
      this.guard.grant(response.header('cache-control'));
      response.set('X-Cache', 'MISS');
      this.learn(namesIn(this.after['vary']));
      setScopeHeaders(route, response);
    }
    if (!this.isDirect) this.copy(body);
    else if (typeof body === 'string') response.prepareText();
    subscriber.next(this.emitted);
  }

  private learn(vary: readonly string[]): void {
    const { route } = this.exchange;
    if (vary.includes('*') || route.addVaryNames(vary)) return;
    this.warnings.warnVaries(route);
    this.finish('unshared');
  }

  /** Outer interceptors get the same value on a miss as on a hit. They may depend on classes, which are not stored. */
  private copy(body: unknown): void {
    if (typeof body !== 'object' || body === null || this.isDone) return;
    if (body instanceof StreamableFile) return this.finish('unshared');
    try {
      const copy = new FrozenCopy(body, Infinity);
      if (copy.appClass !== undefined) {
        this.warnings.warnClasses(this.exchange.route, copy.appClass);
        return this.finish('unshared');
      }
      this.valueBytes = copy.bytes;
      this.hasMutableParts = copy.hasMutableParts;
      this.emitted = copy.value;
      // Outer interceptors may change the parts that cannot be frozen.
      this.value = copy.hasMutableParts ? new FrozenCopy(copy.value, Infinity, true).value : copy.value;
    } catch {
      this.finish('unshared');
    }
  }

  /** Captures the text that the adapter writes, and computes its ETag once. */
  private capture(written: WrittenBody): string | undefined {
    const { route, response } = this.exchange;
    const { received, serialized, text, status } = written;
    if (!this.isEmitted || this.isDone || status !== 200) return undefined;
    const isOurs =
      received === this.emitted ||
      (typeof this.emitted !== 'object' && received === `${this.emitted as string | number}`);
    if (serialized === received && (isOurs || (this.isDirect && route.isSerialized))) {
      if (!this.hasMutableParts) this.written = written;
      return (this.etag ??= response.tagOf(text));
    }
    // Something between handler and adapter changes the value, perhaps for this client only.
    if (this.isDirect) route.isDirect = false;
    return undefined;
  }

  private commit(status: number, headers: Headers): void {
    if (this.isDone) return;
    const { route, response } = this.exchange;
    if (hasCookie(headers)) this.warnings.warnCookies(route);
    // The route has just turned out not to be direct: the next response is stored, with its value.
    if (status >= 400 || (this.isDirect && !route.isDirect)) return this.finish('failed');
    const vary = namesIn(headers['vary']);
    const { seconds, age } = freshnessOf(headers, Date.now());
    const isWhole = status === 200 || (status === 304 && this.written !== undefined);
    const isComplete =
      this.written !== undefined || (this.hasReachedAdapter && (!this.isDirect || this.value === null));
    if (!isWhole || !isComplete || seconds === 0 || vary.includes('*') || isClientGone(response.raw)) {
      return this.finish('unshared');
    }
    // Compression runs again on each hit.
    this.learn(vary.filter((name) => name !== 'accept-encoding'));
    this.finish({
      response: this.toCachedResponse(Date.now(), age),
      seconds,
      hasMutableParts: this.hasMutableParts,
    });
  }

  private toCachedResponse(storedAt: number, age: number): CachedResponse {
    const { before, after, written, etag, value } = this;
    const { text, type = after['content-type'] } = written ?? {};
    const hasOwnType = written !== undefined || String(type) !== String(before['content-type']);
    return {
      ...(this.isDirect && text !== undefined ? {} : { value }),
      ...(text === undefined ? {} : { text }),
      ...(type === undefined || !hasOwnType ? {} : { type: String(type) }),
      ...(etag === undefined ? {} : { etag }),
      vary: spelledNamesIn(after['vary']),
      headers: diffHeaders(before, after),
      storedAt,
      age,
      bytes: RESPONSE_BYTES + 2 * (text?.length ?? 0) + this.valueBytes,
    };
  }

  private finish(made: CaptureResult): void {
    if (this.isDone) return;
    this.isDone = true;
    this.onResult(made);
  }
}
