import { RequestMethod } from '@nestjs/common';
import { INTERCEPTORS_METADATA, METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, type ApplicationConfig, type ModulesContainer } from '@nestjs/core';
import { CACHE_SCOPE } from './cache/http/cache-scope.decorator.js';
import { HttpCacheInterceptor } from './cache/http/http-cache.interceptor.js';

interface Route {
  readonly controller: Function;
  readonly handler: Function;
  readonly name: string;
}

/** Routes with `@CachePublic()` or `@CacheVary()` around which no HttpCacheInterceptor stands. */
export function uncachedRoutes(modules: ModulesContainer, application: ApplicationConfig): string[] {
  return routesOf(modules)
    .filter(({ controller, handler }) => isMarked(handler) || isMarked(controller))
    .filter(({ handler }) => Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.GET)
    .filter((route) => !interceptorsOf(route, application).some((one) => isA(one, HttpCacheInterceptor)))
    .map(({ name }) => name);
}

/** Whether an interceptor of this type stands around any route. */
export function hasInterceptor(
  type: Function,
  modules: ModulesContainer,
  application: ApplicationConfig,
): boolean {
  return routesOf(modules).some((route) =>
    interceptorsOf(route, application).some((interceptor) => isA(interceptor, type)),
  );
}

/** The controllers of an application. */
export function controllersOf(modules: ModulesContainer): Function[] {
  const wrappers = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
  return wrappers.map(({ metatype }) => metatype).filter((controller) => typeof controller === 'function');
}

function routesOf(modules: ModulesContainer): Route[] {
  const scanner = new MetadataScanner();
  return controllersOf(modules).flatMap((controller) => {
    const methods = controller.prototype as Record<string, Function>;
    return scanner
      .getAllMethodNames(methods)
      .filter((key) => Reflect.hasMetadata(PATH_METADATA, methods[key]!))
      .map((key) => ({ controller, handler: methods[key]!, name: `${controller.name}.${key}` }));
  });
}

function interceptorsOf({ controller, handler }: Route, application: ApplicationConfig): unknown[] {
  const listed = [controller, handler].flatMap(
    (target) => (Reflect.getMetadata(INTERCEPTORS_METADATA, target) ?? []) as unknown[],
  );
  return [
    ...application.getGlobalInterceptors(),
    ...application.getGlobalRequestInterceptors().map(({ metatype }) => metatype),
    ...listed,
  ];
}

function isMarked(target: Function): boolean {
  return Reflect.hasMetadata(CACHE_SCOPE, target);
}

/** A class or an instance of it. */
function isA(interceptor: unknown, type: Function): boolean {
  return (
    interceptor instanceof type ||
    (typeof interceptor === 'function' && (interceptor === type || interceptor.prototype instanceof type))
  );
}
