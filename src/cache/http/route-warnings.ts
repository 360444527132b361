import { Logger } from '@nestjs/common';
import type { CachedRoute } from './cached-route.js';

/** Warns about routes whose responses are not cached, once per route and reason. */
export class RouteWarnings {
  private readonly logger = new Logger('Cache');
  private readonly logged = new WeakMap<CachedRoute, Set<string>>();

  warnCookies(route: CachedRoute): void {
    this.warnOnce(
      route,
      'sets a cookie on its responses, so that each is for one client only. Let sessions set cookies only when they ' +
        'change (express-session: rolling and saveUninitialized false), or mark the route @Uncached().',
    );
  }

  warnClasses(route: CachedRoute, className: string): void {
    this.warnOnce(
      route,
      `answers with instances of ${className}, but interceptors and hooks outside the cache would get plain data on a ` +
        'hit: a serializer would show what @Exclude() hides. List HttpCacheInterceptor before the serializer; if that is ' +
        'global, provide HttpCacheInterceptor as an APP_INTERCEPTOR before it.',
    );
  }

  warnVaries(route: CachedRoute): void {
    this.warnOnce(route, 'varies by too many request headers.');
  }

  warnTooLarge(route: CachedRoute): void {
    this.warnOnce(
      route,
      'has a response that is larger than a quarter of the cache, the limit for one route.',
    );
  }

  warnTtl(route: CachedRoute): void {
    this.warnOnce(route, 'gets no ttl: the function of @CacheTTL() failed.');
  }

  warnTags(route: CachedRoute): void {
    this.warnOnce(
      route,
      'names no readable tags: the function of @CacheTags() failed, or did not return a list of texts.',
    );
  }

  private warnOnce(route: CachedRoute, reason: string): void {
    const logged = this.logged.get(route) ?? new Set();
    this.logged.set(route, logged);
    const [kind = ''] = reason.split(' ', 1);
    if (logged.has(kind)) return;
    logged.add(kind);
    this.logger.warn(`${route.name} is not cached: it ${reason} (logged once per route)`);
  }
}
