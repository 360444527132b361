import { ProductionConfigError } from '../../common/production-config.error.js';

/** The error of `LoadingCache`. It never holds the key, which may name a person. */
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
