/** Why `LoadingCache.get` has no value. Never holds the key, which may name a person. */
export class LoadingCacheError extends Error {
  constructor(
    /** 'ERR_CACHE_LOAD_TIMEOUT': the load took too long; 'ERR_CACHE_LOAD_OPTIONS': an option is out of its range. */
    readonly code: 'ERR_CACHE_LOAD_TIMEOUT' | 'ERR_CACHE_LOAD_OPTIONS',
    message: string,
  ) {
    super(message);
    this.name = 'LoadingCacheError';
  }
}
