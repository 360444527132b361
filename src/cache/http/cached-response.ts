import type { HeaderChanges } from './response-headers.js';

/** A stored response. */
export interface CachedResponse {
  /** The value from the handler and the inner interceptors, if something outside the cache needs it or there is no text. */
  readonly value?: unknown;
  /** The body as the adapter wrote it. */
  readonly text?: string;
  /** The content type of the text, or the one set by the handler. */
  readonly type?: string;
  readonly etag?: string;
  /** The names in its Vary, in the spelling of the handler. */
  readonly vary: readonly string[];
  /** The header changes by the handler and the inner interceptors. */
  readonly headers: HeaderChanges;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
  /** Seconds it had spent in upstream caches. */
  readonly age: number;
  /** Approximate size in memory. */
  readonly bytes: number;
}

/** Stored under the key of a process that does not know yet by which headers the responses of a route vary. */
export interface VaryNote {
  readonly names: readonly string[];
}

/** Seconds since the response was made. */
export function ageOf({ storedAt, age }: CachedResponse): number {
  return Math.max(0, age + Math.floor((Date.now() - storedAt) / 1000));
}
