import { ConfigDefinitionError } from '../config/index.js';
import type { PagedRequest } from './paged-request.js';
import { pathOfTarget } from './request-target.js';

/**
 * How links to other pages are written. 'relative' is the query alone, which clients resolve against the URL of the
 * response (RFC 3986, 5.3); it stays valid behind a proxy that changes the path. 'path' adds the path of the request. An
 * origin and a prefix add what a proxy took away. Headers of the request are never used, because a client may forge them.
 *
 * @example
 * ```ts
 * ProductionConfigModule.forRoot({ pagination: { link: { origin: 'https://api.example.com', prefix: '/shop' } } })
 * ```
 */
export type LinkStyle =
  | 'relative'
  | 'path'
  | {
      /** The scheme and host under which clients call the service. Default: none, links are paths. */
      readonly origin?: string | undefined;
      /** The start of the path that a proxy takes away. Default: none. */
      readonly prefix?: string | undefined;
    };

/** @throws ConfigDefinitionError */
export function checkLinkStyle(style: LinkStyle = 'relative'): LinkStyle {
  if (style === 'relative' || style === 'path') return style;
  if (typeof style !== 'object' || style === null) {
    throw new ConfigDefinitionError("pagination.link must be 'relative', 'path' or { origin, prefix }");
  }
  const { origin, prefix } = style;
  if (
    origin !== undefined &&
    (!/^https?:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin)
  ) {
    throw new ConfigDefinitionError(
      "pagination.link.origin must be an origin such as 'https://api.example.com'",
    );
  }
  if (prefix !== undefined && !isPath(prefix)) {
    throw new ConfigDefinitionError(
      "pagination.link.prefix must be a path without a slash at its end, such as '/shop'",
    );
  }
  return style;
}

/** Clients would read dots as steps out of the prefix. */
function isPath(prefix: string): boolean {
  const isWritten = /^(?:\/(?:[\w.~!$&'()*+,;=:@-]|%[\da-f]{2})+)+$/i.test(prefix);
  return isWritten && new URL(prefix, 'http://any').pathname === prefix;
}

/** The start of a link, before its query. */
export function linkBase(request: PagedRequest, style: LinkStyle): string {
  if (style === 'relative') return '';
  const { origin = '', prefix = '' } = style === 'path' ? {} : style;
  return `${origin}${prefix}${pathOfTarget(request)}`;
}
