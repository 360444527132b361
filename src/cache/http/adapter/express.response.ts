import { ServerResponse } from 'node:http';
import type { CachedResponse } from '../cached-response.js';
import type { Headers, HeaderValue } from '../response-headers.js';
import type { HttpRequest } from '../response-key.js';
import type { AdapterResponse, BodyListener } from './adapter-response.js';

type Send = (this: ExpressReply, body?: unknown) => ExpressReply;

interface ExpressReply extends ServerResponse {
  json: Send;
  send: Send;
  readonly app?: { get(setting: string): unknown };
}

/** Captures the text in `json()` and `send()` of this response, so that the settings of `json()` apply. */
export class ExpressResponse implements AdapterResponse {
  readonly raw: ServerResponse;
  readonly isPatched: boolean;

  constructor(private readonly reply: ExpressReply) {
    this.raw = reply;
    this.isPatched = isPatched(reply);
  }

  headers(): Headers {
    return { ...this.raw.getHeaders() } as Headers;
  }

  header(name: string): string | undefined {
    return this.raw.getHeader(name)?.toString();
  }

  set(name: string, value: HeaderValue): void {
    this.raw.setHeader(name, value);
  }

  remove(name: string): void {
    this.raw.removeHeader(name);
  }

  setStatus(status: number): void {
    this.raw.statusCode = status;
  }

  capture(_request: HttpRequest, listener: BodyListener): void {
    const { reply } = this;
    const { json, send } = reply;
    const header = (name: string) => this.header(name);
    const isCaptured = !this.isPatched;
    let isJson = false;
    let received: unknown;
    reply.json = function (body) {
      listener.bodyReceived();
      isJson = true;
      received = body;
      return json.call(this, body);
    };
    reply.send = function (body) {
      listener.bodyReceived();
      if (!isJson) received = body;
      if (isCaptured && typeof body === 'string') {
        const type = header('content-type') ?? 'text/html; charset=utf-8';
        const serialized = isJson ? received : body;
        const tag = listener.bodyWritten({ received, serialized, text: body, type, status: this.statusCode });
        if (tag !== undefined && !this.hasHeader('etag')) this.setHeader('ETag', tag);
      }
      return send.call(this, body);
    };
  }

  prepareText(): void {
    // Express sets the type itself.
  }

  send({ text, type }: CachedResponse): unknown {
    // Express sends 304 itself.
    this.set('Content-Type', type!);
    return text;
  }

  sendInstead(value: unknown, { text, type }: CachedResponse): void {
    const { json } = this.reply;
    this.reply.json = function (body) {
      if (body !== value) return json.call(this, body);
      this.setHeader('Content-Type', type!);
      return this.send(text);
    };
  }

  tagOf(text: string): string | undefined {
    const make = this.reply.app?.get('etag fn');
    return typeof make === 'function'
      ? (make as (body: string, encoding: string) => string)(text, 'utf8')
      : undefined;
  }
}

/** Whether `json()` or `send()` is replaced, on this response or for the whole application. */
function isPatched(reply: ExpressReply): boolean {
  let owner: object | null = reply;
  // The prototype with Express's own methods is directly above Node's.
  while (owner !== null && Object.getPrototypeOf(owner) !== ServerResponse.prototype) {
    if (Object.hasOwn(owner, 'json') || Object.hasOwn(owner, 'send')) return true;
    owner = Object.getPrototypeOf(owner) as object | null;
  }
  return false;
}
