import { ConfigDefinitionError } from '../../config/index.js';
import type { LoadingOptions } from '../loading/loading.options.js';
import { entryTagKeys } from '../tags/tag-key.js';
import { CacheMethodError } from './cache-method.error.js';
import { CachedMethod, type MethodOptions, markCached } from './cached-method.js';
import { callAsync, decoratedMethod, replaceMethod } from './decorated-method.js';
import { cacheOf } from './instance-cache.js';
import type { CacheableDecorator, KeyPart, Method } from './method.types.js';

/** Options of `@Cacheable()`: those of `LoadingCache.get`, and how the key is made. */
export interface CacheableOptions<T extends object, F extends Method> extends Omit<
  LoadingOptions<Awaited<ReturnType<F>>>,
  'tags' | 'force'
> {
  /**
   * The arguments that identify the value, or one value in their place. Default: all arguments. They may be strings,
   * numbers, bigints, booleans, null, undefined, dates, and arrays and plain objects of these.
   */
  readonly key?: ((...args: Parameters<F>) => KeyPart) | undefined;
  /**
   * The state of the instance that identifies the value, such as the tenant of a request-scoped provider; not undefined.
   * Default: none. The application does not start if a request-scoped provider has no `instanceKey`.
   */
  readonly instanceKey?: ((instance: T) => Exclude<KeyPart, undefined>) | undefined;
  /**
   * How keys begin. Default: class and method, such as `Products.find`. Needed if a minifier shortens class names, or if
   * two classes have the same name.
   */
  readonly name?: string | undefined;
  /** Tags by which `@CacheEvict({ tags })` and `LoadingCache.invalidateTags` remove the value. Default: none. */
  readonly tags?: readonly string[] | ((...args: Parameters<F>) => readonly string[]) | undefined;
}

const NAME = /^[\w$.:/-]{1,100}$/;

/**
 * Caches the results of a provider's method in the `LoadingCache` of its application. The key consists of the class, the
 * method and the arguments; what the instance holds is not part of it. Concurrent calls with equal arguments share one run
 * of the method. Results are frozen copies; `null` is cached, `undefined` is not. Calls by `this` are cached, too.
 *
 * Nest must know the instance: a method of `new Products()` in a unit test runs as it is written.
 *
 * A call is rejected with a CacheMethodError if an argument cannot be part of a key, and with a LoadingCacheError as
 * described for `LoadingCache.get`.
 *
 * @throws ConfigDefinitionError if it is not on a method of instances; while Nest starts, if two classes would share keys,
 * if the method is a route, or if a request-scoped provider has no `instanceKey`; CacheArgumentError if a tag is invalid
 *
 * @example
 * ```ts
 * constructor(private readonly database: Database) {}
 *
 * @Cacheable({ ttlSeconds: 60, tags: (id) => [`product:${id}`] })
 * find(id: number): Promise<Product | null> {
 *   return this.database.product(id);
 * }
 * ```
 */
export function Cacheable<T extends object, F extends Method>(
  options: CacheableOptions<T, F> = {},
): CacheableDecorator<T, F> {
  return (target, key, descriptor) => {
    const decorated = decoratedMethod('@Cacheable()', target, key, descriptor);
    if (options.name !== undefined && !NAME.test(options.name)) {
      throw new ConfigDefinitionError(
        `@Cacheable() on ${decorated.label}: name must have 1 to 100 letters, digits or characters of _$.:/-`,
      );
    }
    if (options.tags !== undefined && typeof options.tags !== 'function') entryTagKeys(options.tags);
    const cached = new CachedMethod(decorated.prototype.constructor, key, options as MethodOptions);
    markCached(decorated.prototype, cached);
    replaceMethod(decorated, descriptor, function (this: unknown, ...args) {
      const methods = cacheOf(this, cached);
      if (methods === undefined) return decorated.original.apply(this, args as unknown[]);
      const instance = this as object;
      try {
        const cacheKey = methods.keyOf(cached, instance, args);
        const load = () => {
          if (methods.keyOf(cached, instance, args) !== cacheKey) throw changedArgument(cached.label);
          return callAsync(decorated, instance, args);
        };
        return methods.cache.get(cacheKey, load, cached.loadingOptionsOf(args));
      } catch (error) {
        return Promise.reject(error);
      }
    });
  };
}

/** A lookup in the shared cache delays the call. If its arguments change meanwhile, its value does not belong to the key. */
function changedArgument(label: string): CacheMethodError {
  return new CacheMethodError(
    'ERR_CACHE_METHOD_KEY',
    `${label}(): an argument changed before the call could run: pass a copy`,
  );
}
