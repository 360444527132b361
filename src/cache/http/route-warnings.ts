import { Logger } from '@nestjs/common';
import type { CachedRoute } from './cached-route.js';

/** Warns about routes whose responses are not cached, once per route and reason. */
export class RouteWarnings {
  private readonly logger = new Logger('Cache');
  private readonly said = new WeakMap<CachedRoute, Set<string>>();

  cookies(route: CachedRoute): void {
    this.sayOnce(
      route,
      'sets a cookie on its responses, so that each is for one client only. Let sessions set cookies only when they ' +
        'change (express-session: rolling and saveUninitialized false), or mark the route @Uncached().',
    );
  }

  classes(route: CachedRoute, className: string): void {
    this.sayOnce(
      route,
      `answers with instances of ${className}, but interceptors and hooks outside the cache would get plain data on a ` +
        'hit: a serializer would show what @Exclude() hides. List HttpCacheInterceptor before the serializer; if that is ' +
        'global, provide HttpCacheInterceptor as an APP_INTERCEPTOR before it.',
    );
  }

  varies(route: CachedRoute): void {
    this.sayOnce(route, 'varies by too many request headers.');
  }

  tooLarge(route: CachedRoute): void {
    this.sayOnce(
      route,
      'has a response that is larger than a quarter of the cache, the limit for one route.',
    );
  }

  ttl(route: CachedRoute): void {
    this.sayOnce(route, 'gets no ttl: the function of @CacheTTL() failed.');
  }

  private sayOnce(route: CachedRoute, reason: string): void {
    const said = this.said.get(route) ?? new Set();
    this.said.set(route, said);
    const [kind = ''] = reason.split(' ', 1);
    if (said.has(kind)) return;
    said.add(kind);
    this.logger.warn(`${route.name} is not cached: it ${reason} (logged once per route)`);
  }
}
