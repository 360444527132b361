import { PageRequestError } from './page-request.error.js';

/** A page as the client may have it: whole, bounded and frozen. */
export interface PageRequest {
  /** The most rows the answer may hold. */
  readonly limit: number;
  /** `limit + 1`: what a query should ask for, since the row beyond the page tells that there are more. */
  readonly take: number;
  /** Rows to pass over. */
  readonly offset: number;
}

/** Rows on a page. */
export interface PageLimits {
  /** What a request gets that asks for no number. */
  readonly pageSize: number;
  /** The most that a client can ask for. */
  readonly maxPageSize: number;
}

/**
 * Reads `limit` and `offset` of a parsed query string. A limit that is too large is clamped; what is no whole number
 * is refused.
 *
 * @throws PageRequestError (status 400)
 */
export function resolvePage(query: unknown, { pageSize, maxPageSize }: PageLimits): PageRequest {
  const { limit: wanted, offset: skipped } = (query ?? {}) as Record<string, unknown>;
  const limit = wanted === undefined ? pageSize : Math.min(wholeNumber('limit', wanted, 1), maxPageSize);
  const offset = skipped === undefined ? 0 : wholeNumber('offset', skipped, 0);
  // Clamping would answer with another page than the one that was asked for.
  if (!Number.isSafeInteger(offset)) throw new PageRequestError('offset', 'is too large');
  return Object.freeze({ limit, take: limit + 1, offset });
}

/** Number() would take '', '1e3' and '0x10', and parseInt '10abc'; a repeated parameter arrives as an array. */
function wholeNumber(parameter: string, value: unknown, least: number): number {
  // A query that the platform has checked against a schema may hold numbers already.
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || !/^[0-9]+$/.test(text) || Number(text) < least) {
    throw new PageRequestError(parameter, `must be a whole number, at least ${least}`);
  }
  return Number(text);
}
