import type { ServerResponse } from 'node:http';
import { type Headers, hasCookie, mergeHeaders } from './response-headers.js';

interface Head {
  writeHead: (this: ServerResponse, status: number, ...more: unknown[]) => ServerResponse;
  setHeader: (
    this: ServerResponse,
    name: string,
    value: number | string | readonly string[],
  ) => ServerResponse;
}

/** Reports the final status and headers: some hooks, for example of sessions, set headers while the head is written. */
export function onHeadWritten(
  raw: ServerResponse,
  written: (status: number, headers: Headers) => void,
): void {
  const head = raw as unknown as Head;
  const { writeHead } = head;
  head.writeHead = (status, ...more) => {
    const result = writeHead.call(raw, status, ...more);
    written(raw.statusCode, mergeHeaders(raw.getHeaders(), more.at(-1)));
    return result;
  };
}

/** Replaces the Cache-Control of a successful response with `no-store` if an error or a response with a cookie is sent. */
export class CacheControlGuard {
  private readonly granted = new Set<string>();

  /** @param route the Cache-Control of the route, meant for responses without a cookie */
  constructor(
    raw: ServerResponse,
    private readonly route: string | undefined,
  ) {
    this.grant(route);
    const head = raw as unknown as Head;
    const { writeHead } = head;
    head.writeHead = (status, ...more) => {
      const given = more.at(-1);
      if (this.isUnsafe(mergeHeaders(raw.getHeaders(), given), status)) forbid(raw, given);
      return writeHead.call(raw, status, ...more);
    };
    if (route !== undefined) this.watchCookies(raw, head);
  }

  /** Records a Cache-Control that was meant for a successful response. */
  grant(cacheControl: string | undefined): void {
    if (cacheControl !== undefined) this.granted.add(cacheControl);
  }

  private isUnsafe(headers: Headers, status: number): boolean {
    const said = headers['cache-control']?.toString();
    if (said === undefined || /\b(?:private|no-store)\b/i.test(said)) return false;
    return status >= 400 ? this.granted.has(said) : hasCookie(headers) && said === this.route;
  }

  /** Sessions set their cookie while the head is written, after the check in `writeHead`. */
  private watchCookies(raw: ServerResponse, head: Head): void {
    const { setHeader } = head;
    head.setHeader = (name, value) => {
      const result = setHeader.call(raw, name, value);
      if (name.toLowerCase() === 'set-cookie' && raw.getHeader('cache-control') === this.route) {
        setHeader.call(raw, 'Cache-Control', 'no-store');
      }
      return result;
    };
  }
}

function forbid(raw: ServerResponse, given: unknown): void {
  if (typeof given === 'object' && given !== null && !Array.isArray(given) && 'cache-control' in given) {
    given['cache-control'] = 'no-store';
  } else {
    raw.setHeader('Cache-Control', 'no-store');
  }
}
