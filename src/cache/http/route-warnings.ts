import { Logger } from '@nestjs/common';
import type { CachedRoute } from './cached-route.js';

/** What is said of routes whose responses are not kept, once for each route and reason. */
export class RouteWarnings {
  private readonly logger = new Logger('Cache');
  private readonly said = new WeakMap<CachedRoute, Set<string>>();

  cookies(route: CachedRoute): void {
    this.sayOnce(
      route,
      'sets a cookie with its responses, which are then for one client alone. Let sessions set cookies only when they ' +
        'change (express-session: rolling and saveUninitialized false), or mark the route @Uncached().',
    );
  }

  classes(route: CachedRoute, className: string): void {
    this.sayOnce(
      route,
      `answers with instances of ${className}, which interceptors and hooks outside of the cache would not find on a ` +
        'hit: a serializer would show what @Exclude() hides. List HttpCacheInterceptor before it; where it is global, ' +
        'provide HttpCacheInterceptor as an APP_INTERCEPTOR before it.',
    );
  }

  varies(route: CachedRoute): void {
    this.sayOnce(route, 'varies by too many request headers.');
  }

  tooLarge(route: CachedRoute): void {
    this.sayOnce(route, "has a response that is larger than a quarter of the cache, a route's share.");
  }

  ttl(route: CachedRoute): void {
    this.sayOnce(route, 'cannot be told how long it lives: the function of @CacheTTL() fails.');
  }

  private sayOnce(route: CachedRoute, reason: string): void {
    const said = this.said.get(route) ?? new Set();
    this.said.set(route, said);
    const [kind = ''] = reason.split(' ', 1);
    if (said.has(kind)) return;
    said.add(kind);
    this.logger.warn(`${route.name} is not cached: it ${reason} Said once for this route.`);
  }
}
