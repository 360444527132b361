import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { CachedResponse } from '../cached-response.js';
import { isUnmodified, type HeaderValue, type Headers } from '../response-headers.js';
import type { HttpRequest } from '../response-key.js';
import type { AdapterResponse, BodyListener } from './adapter-response.js';

export interface FastifyReply {
  readonly raw: ServerResponse;
  statusCode: number;
  send: (this: FastifyReply, payload?: unknown) => unknown;
  getHeaders(): Headers;
  getHeader(name: string): HeaderValue | undefined;
  header(name: string, value: unknown): unknown;
  removeHeader(name: string): unknown;
  code(status: number): unknown;
  serializer(serialize: ((payload: unknown) => unknown) | null): unknown;
  serialize(payload: unknown): unknown;
  getSerializationFunction(status: string | number, type?: string): unknown;
  readonly request: { readonly routeOptions?: { readonly schema?: { readonly response?: object } } };
}

const JSON_TYPE = 'application/json; charset=utf-8';

/** Captures the text with a serializer of this reply that does the same as Fastify's default. */
export class FastifyResponse implements AdapterResponse {
  readonly raw: ServerResponse;
  readonly isPatched: boolean;

  constructor(private readonly reply: FastifyReply) {
    this.raw = reply.raw;
    this.isPatched = isPatched(reply);
  }

  headers(): Headers {
    return { ...this.reply.getHeaders() };
  }

  header(name: string): string | undefined {
    return this.reply.getHeader(name)?.toString();
  }

  set(name: string, value: HeaderValue): void {
    this.reply.header(name, value);
  }

  remove(name: string): void {
    this.reply.removeHeader(name);
  }

  setStatus(status: number): void {
    this.reply.code(status);
  }

  capture({ headers }: HttpRequest, listener: BodyListener): void {
    const { reply } = this;
    const { send } = reply;
    let received: unknown;
    reply.send = (payload) => {
      listener.bodyReceived();
      received = payload;
      return send.call(reply, payload);
    };
    if (this.isPatched) return;
    reply.serializer((serialized) => {
      const text = this.serialize(serialized);
      if (typeof text !== 'string') return text;
      const type = this.header('content-type')!;
      const tag = listener.bodyWritten({ received, serialized, text, type, status: reply.statusCode });
      if (tag === undefined || reply.statusCode !== 200) return text;
      if (reply.getHeader('etag') === undefined) reply.header('ETag', tag);
      const etag = this.header('etag');
      if (!isUnmodified(headers, etag, reply.getHeader('last-modified'))) return text;
      reply.removeHeader('content-type');
      reply.code(304);
      return null;
    });
  }

  prepareText(): void {
    // Fastify bypasses the serializer for a string without a content type.
    if (this.header('content-type') === undefined) this.set('Content-Type', 'text/plain; charset=utf-8');
  }

  send({ text, type }: CachedResponse, isKnown: boolean): unknown {
    if (isKnown) {
      this.reply.code(304);
      return undefined;
    }
    this.set('Content-Type', type!);
    return text;
  }

  sendInstead(value: unknown, { text, type }: CachedResponse): void {
    this.reply.serializer((payload) => {
      if (payload !== value) return this.serialize(payload);
      if (this.header('content-type') === undefined) this.set('Content-Type', type!);
      return text;
    });
  }

  tagOf(text: string): string {
    return `W/"${createHash('sha1').update(text).digest('base64url')}"`;
  }

  /** Serializes a payload as Fastify does without a custom serializer, and sets the content type that it would add. */
  private serialize(payload: unknown): unknown {
    const { reply } = this;
    const type = this.header('content-type');
    if (type !== undefined && !/json/i.test(type)) return payload;
    if (type === undefined) this.set('Content-Type', JSON_TYPE);
    else if (!/charset/i.test(type)) this.set('Content-Type', `${type}; charset=utf-8`);
    if (typeof payload === 'string') return payload;
    reply.serializer(null);
    const byType = this.serializerByType();
    if (byType === 'none') return JSON.stringify(payload);
    return byType === undefined ? reply.serialize(payload) : byType(payload);
  }

  /** The serializer of a schema by content type, which `reply.serialize()` ignores; undefined without such a schema. */
  private serializerByType(): ((payload: unknown) => unknown) | 'none' | undefined {
    const { reply } = this;
    const schema = reply.request.routeOptions?.schema?.response;
    if (schema === undefined) return undefined;
    const [media = ''] = this.header('content-type')!.split(';');
    for (const status of [String(reply.statusCode), `${String(reply.statusCode)[0]}xx`, 'default']) {
      const serializers: unknown = reply.getSerializationFunction(status);
      if (typeof serializers === 'function') return undefined;
      if (typeof serializers !== 'object' || serializers === null) continue;
      const found = [media.trim(), '*/*'].map((name) => reply.getSerializationFunction(status, name));
      const serialize = found.find((one) => typeof one === 'function');
      return (serialize as ((payload: unknown) => unknown) | undefined) ?? 'none';
    }
    return undefined;
  }
}

const SYMBOLS = new Map<string, symbol | undefined>();

/** Whether the route has preSerialization hooks or the reply has its own serializer. Only Fastify's symbols show this. */
function isPatched(reply: FastifyReply): boolean {
  const context = memberOf(reply.request, 'fastify.context') as { preSerialization?: unknown } | undefined;
  return context?.preSerialization !== null || memberOf(reply, 'fastify.reply.serializer') !== null;
}

function memberOf(object: object, description: string): unknown {
  if (!SYMBOLS.has(description)) {
    const symbols = Object.getOwnPropertySymbols(object);
    SYMBOLS.set(
      description,
      symbols.find((symbol) => symbol.description === description),
    );
  }
  const symbol = SYMBOLS.get(description);
  return symbol === undefined ? undefined : (object as Record<symbol, unknown>)[symbol];
}
