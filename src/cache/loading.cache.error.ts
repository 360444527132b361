import { ProductionConfigError } from '../common/production-config.error.js';

/** Why `LoadingCache.get` has no value. Never holds the key, which may name a person. */
export class LoadingCacheError extends ProductionConfigError {
  constructor(
    /**
     * 'ERR_CACHE_LOAD_TIMEOUT': the load took too long; 'ERR_CACHE_LOAD_OPTIONS': an option is out of its range;
     * 'ERR_CACHE_LOAD_CYCLE': the load asked for its own value.
     */
    readonly code: 'ERR_CACHE_LOAD_TIMEOUT' | 'ERR_CACHE_LOAD_OPTIONS' | 'ERR_CACHE_LOAD_CYCLE',
    message: string,
  ) {
    super('LoadingCacheError', message);
  }
}
