import { PATH_METADATA } from '@nestjs/common/constants.js';
import type { ModulesContainer } from '@nestjs/core';
import { types } from 'node:util';
import { type LoadingCache, MethodCaches, cachedMethodsOf, useCache, usesCache } from '../cache/index.js';
import { ConfigDefinitionError } from '../config/index.js';
import type { NestModule } from './module-graph.js';

type Wrapper = NestModule['providers'] extends Map<unknown, infer W> ? W : never;

/**
 * Checks the classes that have methods with `@Cacheable()` or `@CacheEvict()`, and gives the instances that a factory has
 * created their cache. A class of a lazy-loaded module is checked by its first call.
 *
 * @param isShared whether other processes use the cache
 * @throws ConfigDefinitionError naming every problem
 */
export function setUpCachedMethods(modules: ModulesContainer, cache: LoadingCache, isShared: boolean): void {
  const caches = MethodCaches.of(cache);
  caches.isShared = isShared;
  caches.inspect = (type) => [...routeProblems(type), ...scopeProblems(type, wrappersOf(modules))];
  const wrappers = wrappersOf(modules);
  const classes = wrappers
    .map((wrapper) => classOf(wrapper))
    .filter((type) => type !== undefined && usesCache(type.prototype as object)) as Function[];
  const problems = [...new Set(classes)].flatMap((type) => caches.ofType(type).problems());
  if (problems.length > 0) throw new ConfigDefinitionError(problems.join('\n'));
  for (const wrapper of wrappers) adopt(wrapper, cache);
}

function wrappersOf(modules: ModulesContainer): Wrapper[] {
  return [...modules.values()].flatMap(({ providers, controllers, injectables }) =>
    [providers, controllers, injectables].flatMap((wrappers) => [...wrappers.values()]),
  );
}

/** The class of which Nest creates the instances. */
function classOf({ metatype, inject }: Wrapper): Function | undefined {
  const isClass = typeof metatype === 'function' && !inject && typeof metatype.prototype === 'object';
  return isClass ? metatype : undefined;
}

/** Nest injects properties only into instances that it creates itself. */
function adopt(wrapper: Wrapper, cache: LoadingCache): void {
  if (classOf(wrapper) !== undefined || !wrapper.isDependencyTreeStatic() || wrapper.isTransient) return;
  const { instance } = wrapper as { readonly instance: unknown };
  // The first access to a proxy may create what it stands for.
  if (typeof instance !== 'object' || instance === null || types.isProxy(instance)) return;
  if (usesCache(instance)) useCache(instance, cache);
}

function routeProblems(type: Function): string[] {
  const methods = type.prototype as Record<string, Function>;
  return cachedMethodsOf(type)
    .filter(({ method }) => Reflect.hasMetadata(PATH_METADATA, methods[method]!))
    .map(
      ({ label }) =>
        `${label}() is a route, and @Cacheable() is for methods of providers: use @CachePublic() or @CacheVary() with ` +
        'HttpCacheInterceptor',
    );
}

/** Instances of one class hold the state of different requests, such as their tenants. */
function scopeProblems(type: Function, wrappers: readonly Wrapper[]): string[] {
  const isStatic = wrappers.every((wrapper) => classOf(wrapper) !== type || wrapper.isDependencyTreeStatic());
  if (isStatic) return [];
  return cachedMethodsOf(type)
    .filter(({ options }) => options.instanceKey === undefined)
    .map(
      ({ label }) =>
        `${label}(): ${type.name} or something that it injects is request-scoped, and cache keys do not tell requests apart: ` +
        'add instanceKey to @Cacheable(), which returns the part of the instance that a value depends on, such as a ' +
        'tenant, or [] if there is none',
    );
}
