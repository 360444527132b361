import { StreamableFile } from '@nestjs/common';
import type { Headers } from './response-headers.js';

/** An answer as the cache keeps it. */
export interface CachedAnswer {
  readonly body: unknown;
  readonly headers: Headers;
  readonly storedAt: number;
}

/** Something that happens instead of something that is: it would be empty for the next one. */
export function isLive(body: unknown): boolean {
  if (typeof body !== 'object' || body === null) return false;
  const { pipe, next } = body as Record<string, unknown>;
  return (
    body instanceof StreamableFile ||
    typeof pipe === 'function' ||
    typeof next === 'function' ||
    Symbol.asyncIterator in body
  );
}
