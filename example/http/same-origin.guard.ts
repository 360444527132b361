import { ForbiddenException, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';

const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Rejects what a page of another origin, subdomains included, makes a browser send: the browser would add the cookie.
 * Browsers send Sec-Fetch-Site over HTTPS and to localhost. Without it, Origin must name the host of the request. Without
 * both, the client is no browser, and nobody else makes it send a cookie.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const { method = '', headers } = context.switchToHttp().getRequest<IncomingMessage>();
    if (SAFE_METHODS.has(method) || isSameOrigin(headers)) return true;
    throw new ForbiddenException('The request comes from a page of another origin');
  }
}

function isSameOrigin({ host, origin, ...headers }: IncomingMessage['headers']): boolean {
  const site = headers['sec-fetch-site'];
  // 'none': the user, not a page, caused the request.
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  return origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase());
}
