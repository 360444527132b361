import type { HttpServer } from '@nestjs/common';

interface ExpressLike {
  readonly router?: { readonly stack: readonly { readonly route?: { readonly path: unknown } }[] };
}

interface FastifyLike {
  hasRoute?: (route: { method: 'GET'; url: string }) => boolean;
}

/** Whether the application has a route of exactly this path. A route with a wildcard does not count. */
export function hasRoute(adapter: HttpServer, path: string): boolean {
  const instance = adapter.getInstance() as ExpressLike & FastifyLike;
  if (typeof instance.hasRoute === 'function') return instance.hasRoute({ method: 'GET', url: path });
  return (instance.router?.stack ?? []).some(({ route }) => [route?.path].flat().includes(path));
}
