export { BoundedStore } from './bounded.store.js';
export { CacheArgumentError } from './cache-arguments.js';
export { cacheManagerProvider } from './cache-manager.provider.js';
export { CacheMetrics } from './cache.metrics.js';
export type { MetricRegistry } from './cache.prometheus.js';
export type { CacheSnapshot, SharedSnapshot } from './cache.snapshot.js';
export {
  CachePublic,
  type CachePublicOptions,
  CacheVary,
  Uncached,
  cacheScopeOf,
} from './http/cache-scope.decorator.js';
export { checkCountedQueries } from './http/query-key-check.js';
export { HttpCacheInterceptor } from './http/http-cache.interceptor.js';
export { HttpCache } from './http/http-cache.js';
export { interceptorsOf, isA } from './http/interceptor-order.js';
export type { GrantedQuery } from './http/response-key.js';
export { LoadingCacheError } from './loading.cache.error.js';
export { LoadingCache } from './loading.cache.js';
export type { LoadingOptions } from './loading.options.js';
export { openStore } from './open-store.js';
