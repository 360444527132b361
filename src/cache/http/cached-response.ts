import type { HeaderChanges } from './response-headers.js';

/** A response as the cache keeps it. */
export interface CachedResponse {
  /** What the handler and the interceptors inside made, where something outside has to see it, or it has no text. */
  readonly value?: unknown;
  /** As the adapter wrote it. */
  readonly text?: string;
  /** The content type of the text, or the one that the handler set. */
  readonly type?: string;
  readonly etag?: string;
  /** The names in its Vary, as the handler wrote them. */
  readonly vary: readonly string[];
  /** What the handler and the interceptors inside did. */
  readonly headers: HeaderChanges;
  /** Milliseconds since the epoch. */
  readonly storedAt: number;
  /** Seconds that it spent in other caches before. */
  readonly age: number;
  /** About what it takes in memory. */
  readonly bytes: number;
}

/** Stands where processes look that do not know yet by what the responses of a route vary. */
export interface VaryNote {
  readonly names: readonly string[];
}

/** Seconds since the response was made. */
export function ageOf({ storedAt, age }: CachedResponse): number {
  return Math.max(0, age + Math.floor((Date.now() - storedAt) / 1000));
}
