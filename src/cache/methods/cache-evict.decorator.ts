import { ConfigDefinitionError } from '../../config/index.js';
import { tagKeys } from '../tags/tag-key.js';
import { type EvictionOptions, listOf, markEvicting } from './cached-method.js';
import { callAsync, decoratedMethod, replaceMethod } from './decorated-method.js';
import { cacheOf } from './instance-cache.js';
import type { MethodCache } from './method-cache.js';
import type { CacheEvictDecorator, KeyPart, Method } from './method.types.js';

/** Options of `@CacheEvict()`: tags, a call of a cached method, or both. */
export type CacheEvictOptions<T, F extends Method, K extends keyof T, P> =
  | {
      /** Values with one of these tags are removed. */
      readonly tags: readonly string[] | ((...args: Parameters<F>) => readonly string[]);
      /** @hidden */
      readonly method?: undefined;
      /** @hidden */
      readonly key?: undefined;
    }
  | {
      /** Values with one of these tags are removed, too. Default: none. */
      readonly tags?: readonly string[] | ((...args: Parameters<F>) => readonly string[]) | undefined;
      /** The method of the same class, with `@Cacheable()`, whose value is removed. */
      readonly method: K;
      /** The arguments of the call of that method, or its only argument. Default: the arguments of this method. */
      readonly key?: ((...args: Parameters<F>) => P) | undefined;
    };

/**
 * Removes cached values once the method has succeeded, and before its caller gets the result: values with a tag, or the
 * value of a call of another method of the class. Loads in flight are not kept. If the method fails, nothing is removed.
 * Use it on the method that commits a transaction, not inside of one. It can be repeated on a method.
 *
 * @throws ConfigDefinitionError if it is not on a method of instances, or has neither tags nor a method; while Nest starts,
 * if the named method has no `@Cacheable()`; CacheArgumentError if a tag is invalid
 *
 * @example
 * ```ts
 * @Injectable()
 * export class Products {
 *   constructor(private readonly database: Database) {}
 *
 *   @Cacheable({ ttlSeconds: 60 })
 *   find(id: number): Promise<Product | null> {
 *     return this.database.product(id);
 *   }
 *
 *   @CacheEvict({ method: 'find', key: (id) => id })
 *   async rename(id: number, name: string): Promise<void> {
 *     await this.database.rename(id, name);
 *   }
 * }
 * ```
 */
export function CacheEvict<
  T extends object,
  F extends Method,
  K extends keyof T & string = never,
  P extends KeyPart | readonly [] = Parameters<F>,
>(options: CacheEvictOptions<T, F, K, P>): CacheEvictDecorator<T, F, K, P> {
  return (target, key, descriptor) => {
    const decorated = decoratedMethod('@CacheEvict()', target, key, descriptor);
    const eviction = options as EvictionOptions;
    if (eviction.method === undefined && eviction.tags === undefined) {
      throw new ConfigDefinitionError(`@CacheEvict() on ${decorated.label} needs tags or a method`);
    }
    if (eviction.tags !== undefined && typeof eviction.tags !== 'function') tagKeys(eviction.tags);
    markEvicting(decorated.prototype, key, eviction);
    replaceMethod(decorated, descriptor, async function (this: unknown, ...args) {
      const methods = cacheOf(this, decorated);
      if (methods === undefined) return decorated.original.apply(this, args as unknown[]);
      // Before the method runs: it may change its arguments, and must not succeed without an eviction.
      const keys = keysOf(eviction, methods, this as object, args);
      const tags = tagsOf(eviction, args);
      const result = await callAsync(decorated, this, args);
      await Promise.all([
        keys.length > 0 && methods.cache.delete(...keys),
        tags.length > 0 && methods.cache.invalidateTags(...tags),
      ]);
      return result;
    });
  };
}

function keysOf(
  { method, key }: EvictionOptions,
  methods: MethodCache,
  instance: object,
  args: readonly unknown[],
): readonly string[] {
  if (method === undefined) return [];
  return methods.keysOf(method, instance, key === undefined ? args : listOf(key(...args)));
}

/** @throws CacheArgumentError if a tag is invalid */
function tagsOf({ tags = [] }: EvictionOptions, args: readonly unknown[]): readonly string[] {
  const found = typeof tags === 'function' ? (tags(...args) as readonly string[]) : tags;
  tagKeys(found);
  // A copy, because it may be an argument.
  return [...found];
}
