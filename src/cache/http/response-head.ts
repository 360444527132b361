import type { ServerResponse } from 'node:http';
import { finalHeaders, hasCookie, type Headers } from './response-headers.js';

type WriteHead = (this: ServerResponse, status: number, ...more: unknown[]) => ServerResponse;

/** What Cache-Control said before the handler ran, and what its route says of successful responses. */
export interface Granted {
  readonly before: string | undefined;
  readonly route: string | undefined;
}

/**
 * Calls `written` with the status and the headers that leave: hooks such as those of sessions set theirs when the head is
 * written. What was granted to a successful response is not granted to an error, nor to one with a cookie.
 */
export function guardHead(
  raw: ServerResponse,
  granted: Granted,
  written?: (status: number, headers: Headers) => void,
): void {
  const head = raw as unknown as { writeHead: WriteHead };
  const { writeHead } = head;
  head.writeHead = function (status, ...more) {
    const given = more.at(-1);
    if (isTooMuch(finalHeaders(this.getHeaders(), given), status, granted)) forbid(this, given);
    const result = writeHead.call(this, status, ...more);
    written?.(this.statusCode, finalHeaders(this.getHeaders(), given));
    return result;
  };
}

function isTooMuch(headers: Headers, status: number, { before, route }: Granted): boolean {
  const said = headers['cache-control'];
  if (said === undefined || /\b(?:private|no-store)\b/i.test(String(said))) return false;
  if (status >= 400) return said === before || said === route;
  return hasCookie(headers) && said === route;
}

function forbid(raw: ServerResponse, given: unknown): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given) && 'cache-control' in given) {
    given['cache-control'] = 'no-store';
  } else {
    raw.setHeader('Cache-Control', 'no-store');
  }
}
