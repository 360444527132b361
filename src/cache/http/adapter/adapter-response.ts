import type { ServerResponse } from 'node:http';
import type { KeptResponse } from '../kept-response.js';
import type { HttpRequest } from '../response-key.js';
import type { Headers } from '../response-headers.js';

/** What the adapter makes of a value, when it serializes it. */
export interface Written {
  /** What it was handed, and what it serialized, which a hook may have put in its place. */
  readonly handed: unknown;
  readonly serialized: unknown;
  readonly text: string;
  readonly type: string;
  readonly status: number;
}

/** A response of Express or Fastify. */
export interface AdapterResponse {
  readonly raw: ServerResponse;
  headers(): Headers;
  header(name: string): string | undefined;
  set(name: string, value: string | readonly string[]): void;
  /** Takes the texts that the adapter makes. The tag that `written` answers becomes the ETag. */
  capture(request: HttpRequest, written: (what: Written) => string | undefined): void;
  /** A middleware has replaced what writes the body, and may add what belongs to one request. */
  readonly isPatched: boolean;
  /** Sends a text without a type as what the adapter takes it for, through what `capture` takes it from. */
  prepareText(): void;
  /** What the interceptor hands on so that a kept text leaves as it is. */
  send(kept: KeptResponse, isUnmodified: boolean): unknown;
  /** Has the text of `kept` sent if the adapter is handed `value`. */
  sendInstead(value: unknown, kept: KeptResponse): void;
  /** A tag for a text; undefined where the application wants none. */
  tagOf(text: string): string | undefined;
}
