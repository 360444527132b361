import { ProductionConfigError } from '../../common/production-config.error.js';

/**
 * The error of `LoadingCache`. It never holds the key, which may name a person.
 *
 * @example
 * ```ts
 * constructor(private readonly cache: LoadingCache, private readonly database: Database) {}
 *
 * async product(id: number): Promise<Product | null> {
 *   try {
 *     return await this.cache.get(`product:${id}`, () => this.database.product(id), { timeoutMs: 500 });
 *   } catch (error) {
 *     if (error instanceof LoadingCacheError && error.code === 'ERR_CACHE_LOAD_TIMEOUT') return null;
 *     throw error;
 *   }
 * }
 * ```
 */
export class LoadingCacheError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_CACHE_LOAD_TIMEOUT': the load took too long; 'ERR_CACHE_LOAD_OPTIONS': an option is out of range;
     * 'ERR_CACHE_LOAD_CYCLE': the load requested its own key.
     */
    readonly code: 'ERR_CACHE_LOAD_TIMEOUT' | 'ERR_CACHE_LOAD_OPTIONS' | 'ERR_CACHE_LOAD_CYCLE',
    message: string,
  ) {
    super('LoadingCacheError', message);
  }
}
