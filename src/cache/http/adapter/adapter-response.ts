import type { ServerResponse } from 'node:http';
import type { CachedResponse } from '../cached-response.js';
import type { HttpRequest } from '../response-key.js';
import type { Headers, HeaderValue } from '../response-headers.js';

/** A body that the adapter has serialized. */
export interface WrittenBody {
  /** The value that the adapter received, and the one it serialized: a hook may have replaced it. */
  readonly received: unknown;
  readonly serialized: unknown;
  readonly text: string;
  readonly type: string;
  readonly status: number;
}

/** Observes the body of a response. */
export interface BodyListener {
  bodyReceived(): void;
  /** Returns the ETag of the text. */
  bodyWritten(what: WrittenBody): string | undefined;
}

/** A response of Express or Fastify. */
export interface AdapterResponse {
  readonly raw: ServerResponse;
  /** Hooks or middleware write or change the body, perhaps for one client only. Its text is not captured. */
  readonly isPatched: boolean;
  headers(): Headers;
  header(name: string): string | undefined;
  set(name: string, value: HeaderValue): void;
  remove(name: string): void;
  setStatus(status: number): void;
  /** Reports the body that the adapter receives to the listener. */
  capture(request: HttpRequest, listener: BodyListener): void;
  /** Sets the content type that the adapter would use for a string, so that it is captured as well. */
  prepareText(): void;
  /** Returns the value that the interceptor emits so that a stored text is sent unchanged. */
  send(kept: CachedResponse, isUnmodified: boolean): unknown;
  /** Sends the text of `kept` if the adapter receives `value`. */
  sendInstead(value: unknown, kept: CachedResponse): void;
  /** The ETag of a text; undefined if the application has turned ETags off. */
  tagOf(text: string): string | undefined;
}
