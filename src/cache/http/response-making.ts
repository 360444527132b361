import { StreamableFile } from '@nestjs/common';
import { FrozenCopy } from '../near/frozen-copy.js';
import type { Written } from './adapter/adapter-response.js';
import { type Exchange, hasLeft } from './exchange.js';
import { freshnessOf } from './freshness.js';
import type { KeptResponse } from './kept-response.js';
import { sayScope } from './replay.js';
import { HeadGuard, whenWritten } from './response-head.js';
import { type Headers, hasCookie, headerChanges, namesIn, spelledNamesIn } from './response-headers.js';
import type { RouteWarnings } from './route-warnings.js';

const RESPONSE_BYTES = 1024;

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
  private readonly guard: HeadGuard;
  private isTold = false;
  private isEmitted = false;
  private isHanded = false;
  /** The headers when the handler was done. */
  private after: Headers = {};
  /** What was handed on. */
  private out: unknown;
  /** What is kept of it. */
  private value: unknown;
  private isThawed = false;
  private valueBytes = 0;
  private written: Written | undefined;
  private etag: string | undefined;

  constructor(
    private readonly exchange: Exchange,
    private readonly warnings: RouteWarnings,
    private readonly tell: (made: Made) => void,
  ) {
    const { route, response } = exchange;
    this.before = response.headers();
    this.isDirect = route.isDirect;
    this.guard = new HeadGuard(response.raw, route.scope.cacheControl);
    this.guard.grant(response.header('cache-control'));
  }

  /** Runs the handler. What is returned stops waiting for it. */
  start(): () => void {
    const { next, response, request, subscriber } = this.exchange;
    response.capture(request, {
      handed: () => (this.isHanded = this.isEmitted),
      written: (written) => this.capture(written),
    });
    whenWritten(response.raw, (status, headers) => this.commit(status, headers));
    response.raw.once('close', () => this.end('left'));
    const running = next.handle().subscribe({
      next: (body) => this.emit(body),
      error: (error: unknown) => {
        this.guard.grant(response.header('cache-control'));
        this.end('failed');
        subscriber.error(error);
      },
      complete: () => {
        if (!this.isEmitted) this.end('unshared');
        subscriber.complete();
      },
    });
    return () => {
      running.unsubscribe();
      // Afterwards, those outside may have all that they want.
      if (!this.isEmitted) this.end('left');
    };
  }

  private emit(body: unknown): void {
    const { route, response, subscriber } = this.exchange;
    this.isEmitted = true;
    this.after = response.headers();
    this.etag = this.after['etag']?.toString();
    this.out = body;
    this.value = body;
    if (!response.raw.headersSent) {
      this.guard.grant(response.header('cache-control'));
      response.set('X-Cache', 'MISS');
      this.learn(namesIn(this.after['vary']));
      sayScope(route, response);
    }
    if (!this.isDirect) this.copy(body);
    else if (typeof body === 'string') response.prepareText();
    subscriber.next(this.out);
  }

  private learn(vary: readonly string[]): void {
    const { route } = this.exchange;
    if (vary.includes('*') || route.learn(vary)) return;
    this.warnings.varies(route);
    this.end('unshared');
  }

  /** What stands outside gets on a miss what it gets on a hit. It may go by classes, which are not kept. */
  private copy(body: unknown): void {
    if (typeof body !== 'object' || body === null || this.isTold) return;
    if (body instanceof StreamableFile) return this.end('unshared');
    try {
      const copy = new FrozenCopy(body, Infinity);
      if (copy.instance !== undefined) {
        this.warnings.classes(this.exchange.route, copy.instance);
        return this.end('unshared');
      }
      this.valueBytes = copy.bytes;
      this.isThawed = copy.thawed;
      this.out = copy.value;
      // Those outside may change what nothing can freeze.
      this.value = copy.thawed ? new FrozenCopy(copy.value, Infinity, true).value : copy.value;
    } catch {
      this.end('unshared');
    }
  }

  /** What the adapter writes. The tag is made here, once. */
  private capture(written: Written): string | undefined {
    const { route, response } = this.exchange;
    const { handed, serialized, text, status } = written;
    if (!this.isEmitted || this.isTold || status !== 200) return undefined;
    const isOurs =
      handed === this.out || (typeof this.out !== 'object' && handed === `${this.out as string | number}`);
    if (serialized === handed && (isOurs || (this.isDirect && route.isSerialized))) {
      if (!this.isThawed) this.written = written;
      return (this.etag ??= response.tagOf(text));
    }
    // Something on the way changes what the handler returned, perhaps for this client alone.
    if (this.isDirect) route.isDirect = false;
    return undefined;
  }

  private commit(status: number, headers: Headers): void {
    if (this.isTold) return;
    const { route, response } = this.exchange;
    if (hasCookie(headers)) this.warnings.cookies(route);
    // Of a route that is known now not to be direct, the next one is kept.
    if (status >= 400 || (this.isDirect && !route.isDirect)) return this.end('failed');
    const vary = namesIn(headers['vary']);
    const { seconds, age } = freshnessOf(headers, Date.now());
    const isWhole = status === 200 || (status === 304 && this.written !== undefined);
    const isComplete =
      this.written !== undefined || (this.isHanded && (!this.isDirect || this.value === null));
    if (!isWhole || !isComplete || seconds === 0 || vary.includes('*') || hasLeft(response.raw)) {
      return this.end('unshared');
    }
    // Compression is done on each hit.
    this.learn(vary.filter((name) => name !== 'accept-encoding'));
    this.end({ response: this.keptAt(Date.now(), age), seconds, isThawed: this.isThawed });
  }

  private keptAt(storedAt: number, age: number): KeptResponse {
    const { before, after, written, etag, value } = this;
    const { text, type = after['content-type'] } = written ?? {};
    const hasOwnType = written !== undefined || String(type) !== String(before['content-type']);
    return {
      ...(this.isDirect && text !== undefined ? {} : { value }),
      ...(text === undefined ? {} : { text }),
      ...(type === undefined || !hasOwnType ? {} : { type: String(type) }),
      ...(etag === undefined ? {} : { etag }),
      vary: spelledNamesIn(after['vary']),
      headers: headerChanges(before, after),
      storedAt,
      age,
      bytes: RESPONSE_BYTES + 2 * (text?.length ?? 0) + this.valueBytes,
    };
  }

  private end(made: Made): void {
    if (this.isTold) return;
    this.isTold = true;
    this.tell(made);
  }
}
