import type { ServerResponse } from 'node:http';
import type { CachedResponse } from '../cached-response.js';
import type { HttpRequest } from '../response-key.js';
import type { Headers, HeaderValue } from '../response-headers.js';

/** What the adapter makes of a value, when it serializes it. */
export interface WrittenBody {
  /** What it was handed, and what it serialized, which a hook may have put in its place. */
  readonly received: unknown;
  readonly serialized: unknown;
  readonly text: string;
  readonly type: string;
  readonly status: number;
}

/** Is told of a body on its way. */
export interface BodyListener {
  bodyReceived(): void;
  /** Answers with the ETag of the text. */
  bodyWritten(what: WrittenBody): string | undefined;
}

/** A response of Express or Fastify. */
export interface AdapterResponse {
  readonly raw: ServerResponse;
  /** Hooks or middleware write the body, or change it, perhaps for one client alone. Its text is not captured. */
  readonly isPatched: boolean;
  headers(): Headers;
  header(name: string): string | undefined;
  set(name: string, value: HeaderValue): void;
  remove(name: string): void;
  setStatus(status: number): void;
  /** Tells of the body that the adapter is handed. */
  capture(request: HttpRequest, listener: BodyListener): void;
  /** Gives a text without a type the one that the adapter takes it for, so that it is captured as well. */
  prepareText(): void;
  /** What the interceptor hands on so that a kept text leaves as it is. */
  send(kept: CachedResponse, isUnmodified: boolean): unknown;
  /** Has the text of `kept` sent if the adapter is handed `value`. */
  sendInstead(value: unknown, kept: CachedResponse): void;
  /** A tag for a text; undefined where the application wants none. */
  tagOf(text: string): string | undefined;
}
