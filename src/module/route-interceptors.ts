import { RequestMethod } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { type ApplicationConfig, MetadataScanner, type ModulesContainer } from '@nestjs/core';
import { HttpCacheInterceptor, cacheScopeOf, hasCacheTags, interceptorsOf, isA } from '../cache/index.js';

interface Route {
  readonly controller: Function;
  readonly handler: Function;
  readonly name: string;
}

/** Routes with `@CachePublic()` or `@CacheVary()` but without HttpCacheInterceptor. */
export function uncachedRoutes(modules: ModulesContainer, application: ApplicationConfig): string[] {
  return routesOf(modules)
    .filter((route) => isMarked(route))
    .filter(
      ({ controller, handler }) =>
        !interceptorsOf(controller, handler, application).some((one) => isA(one, HttpCacheInterceptor)),
    )
    .map(({ name }) => name);
}

/** Routes with `@CacheTags()`, and controllers with it, whose responses are not cached. */
export function uncachedTags(modules: ModulesContainer): string[] {
  const routes = routesOf(modules);
  const onRoutes = routes.filter((route) => hasCacheTags(route.handler) && !isMarked(route));
  const controllers = new Set(routes.map(({ controller }) => controller).filter(hasCacheTags));
  for (const route of routes) if (isMarked(route)) controllers.delete(route.controller);
  return [...Array.from(controllers, ({ name }) => name), ...onRoutes.map(({ name }) => name)];
}

/** Whether the responses of a route are to be cached. */
function isMarked({ controller, handler }: Route): boolean {
  return (
    cacheScopeOf(controller, handler) !== undefined &&
    Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET
  );
}

/** Whether any route has an interceptor of this type. */
export function hasInterceptor(
  type: Function,
  modules: ModulesContainer,
  application: ApplicationConfig,
): boolean {
  return routesOf(modules).some(({ controller, handler }) =>
    interceptorsOf(controller, handler, application).some((interceptor) => isA(interceptor, type)),
  );
}

/** The controllers of an application. */
export function controllersOf(modules: ModulesContainer): Function[] {
  const wrappers = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
  return wrappers.map(({ metatype }) => metatype).filter((controller) => typeof controller === 'function');
}

/** The routes of an application. */
export function routesOf(modules: ModulesContainer): Route[] {
  const scanner = new MetadataScanner();
  return controllersOf(modules).flatMap((controller) => {
    const methods = controller.prototype as Record<string, Function>;
    return scanner
      .getAllMethodNames(methods)
      .filter((key) => Reflect.hasMetadata(PATH_METADATA, methods[key]!))
      .map((key) => ({ controller, handler: methods[key]!, name: `${controller.name}.${key}` }));
  });
}
