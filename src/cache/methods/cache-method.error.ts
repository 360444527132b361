import { ProductionConfigError } from '../../common/production-config.error.js';

/**
 * The error of a call to a method with `@Cacheable()` or `@CacheEvict()`. It names class and method, and never holds an
 * argument.
 *
 * @example
 * ```ts
 * constructor(private readonly database: Database) {}
 *
 * // Without `key`, a call would be rejected: an AbortSignal cannot be part of a cache key.
 * @Cacheable({ key: (id) => id })
 * find(id: number, signal: AbortSignal): Promise<Product | null> {
 *   return signal.aborted ? Promise.resolve(null) : this.database.product(id);
 * }
 * ```
 */
export class CacheMethodError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_CACHE_METHOD_KEY': an argument, or what `key` or `instanceKey` returned, cannot be part of a cache key;
     * 'ERR_CACHE_METHOD_RESULT': the method did not return a promise.
     */
    readonly code: 'ERR_CACHE_METHOD_KEY' | 'ERR_CACHE_METHOD_RESULT',
    message: string,
  ) {
    super('CacheMethodError', message);
  }
}
