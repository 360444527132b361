import type { ServerResponse } from 'node:http';
import type { KeptResponse } from '../kept-response.js';
import type { Headers } from '../response-headers.js';
import type { HttpRequest } from '../response-key.js';
import type { AdapterResponse, Written } from './adapter-response.js';

type Send = (this: ExpressReply, body?: unknown) => ExpressReply;

interface ExpressReply extends ServerResponse {
  json: Send;
  send: Send;
  readonly app?: { get(setting: string): unknown };
}

/** Text is captured from `json()` and `send()` of this one response, so that the settings of `json()` hold. */
export class ExpressResponse implements AdapterResponse {
  readonly raw: ServerResponse;
  readonly isPatched: boolean;

  constructor(private readonly reply: ExpressReply) {
    this.raw = reply;
    this.isPatched = Object.hasOwn(reply, 'json') || Object.hasOwn(reply, 'send');
  }

  headers(): Headers {
    return { ...this.raw.getHeaders() } as Headers;
  }

  header(name: string): string | undefined {
    return this.raw.getHeader(name)?.toString();
  }

  set(name: string, value: string | readonly string[]): void {
    this.raw.setHeader(name, value);
  }

  capture(_request: HttpRequest, written: (what: Written) => string | undefined): void {
    const { reply } = this;
    const { json, send } = reply;
    const header = (name: string) => this.header(name);
    let isJson = false;
    let handed: unknown;
    reply.json = function (body) {
      isJson = true;
      handed = body;
      return json.call(this, body);
    };
    reply.send = function (body) {
      if (!isJson) handed = body;
      if (typeof body === 'string') {
        const type = header('content-type') ?? 'text/html; charset=utf-8';
        const serialized = isJson ? handed : body;
        const tag = written({ handed, serialized, text: body, type, status: this.statusCode });
        if (tag !== undefined && !this.hasHeader('etag')) this.setHeader('ETag', tag);
      }
      return send.call(this, body);
    };
  }

  prepareText(): void {
    // Express has a type for it.
  }

  send({ text, type }: KeptResponse): unknown {
    // Express answers 304 on its own.
    this.set('Content-Type', type!);
    return text;
  }

  sendInstead(value: unknown, { text, type }: KeptResponse): void {
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
