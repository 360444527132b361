import { Inject, Logger } from '@nestjs/common';
import { LoadingCache } from '../loading/loading.cache.js';
import { type MethodCache, MethodCaches } from './method-cache.js';

/** The property that Nest injects. Nest 11 assigns it several times to an instance with a scope. */
const INJECTED = Symbol('cache of @Cacheable() and @CacheEvict()');
/** The property that holds the cache of the application. */
const CACHE = Symbol('cache');

/** Whether an application of this process caches methods. */
let isInUse = false;
const warned = new WeakSet<Function>();

/** Lets Nest inject the application's cache into each instance of a class, whatever its scope. */
export function injectCache(prototype: object): void {
  if (INJECTED in prototype) return;
  Inject(LoadingCache)(prototype, INJECTED);
  Object.defineProperty(prototype, INJECTED, {
    get: () => undefined,
    set(this: object, cache: LoadingCache) {
      useCache(this, cache);
    },
  });
}

/** Whether a class, or an instance that Nest did not create, has cached or evicting methods. */
export function usesCache(target: object): boolean {
  return INJECTED in target;
}

/** Gives an instance the cache of its application. */
export function useCache(instance: object, cache: LoadingCache): void {
  const value = MethodCaches.of(cache).ofType(instance.constructor);
  // Not enumerable, so that spread, comparisons and inspect do not show it. A frozen instance stays without a cache.
  isInUse = Reflect.defineProperty(instance, CACHE, { value, configurable: true }) || isInUse;
}

/** The cache of an instance; undefined if Nest does not know the instance, as in a unit test. */
export function cacheOf(instance: unknown, called: { readonly label: string }): MethodCache | undefined {
  const cache = (instance as { readonly [CACHE]?: MethodCache } | undefined)?.[CACHE];
  if (cache === undefined && isInUse) warnWithoutCache(instance, called.label);
  return cache;
}

/** Logged once per class. */
function warnWithoutCache(instance: unknown, label: string): void {
  const type = (instance as object | undefined)?.constructor;
  if (type === undefined || warned.has(type)) return;
  warned.add(type);
  new Logger('Cache').warn(
    `${label}() was called on an instance that Nest did not create, and neither caches nor evicts there: ` +
      'let Nest create it, or provide it with useFactory or useValue (logged once per class)',
  );
}
