export { CacheArgumentError } from './cache-arguments.js';
export { cacheManagerProvider } from './cache-manager.provider.js';
export { CacheEngine } from './cache.engine.js';
export { CacheMetrics } from './metrics/cache.metrics.js';
export { type CachePoint, CacheUsage } from './metrics/cache.usage.js';
export type { KeyGroupReport } from './metrics/grouped-figures.js';
export type { KeyGroup } from './metrics/key-group.js';
export type { MasterSnapshot, SharedSnapshot } from './far/shared.snapshot.js';
export type { CacheSnapshot } from './metrics/cache.snapshot.js';
export {
  CachePublic,
  type CachePublicOptions,
  CacheVary,
  Uncached,
  cacheScopeOf,
} from './http/cache-scope.decorator.js';
export { CacheTags, InvalidatesTags, type TaggedRequest } from './http/cache-tags.decorator.js';
export { type TagsOf, hasCacheTags } from './http/tags-of-request.js';
export { checkCountedQueries } from './http/query-key-check.js';
export { HttpCacheInterceptor } from './http/http-cache.interceptor.js';
export { HttpCache } from './http/http-cache.js';
export { interceptorsOf, isA } from './http/interceptor-order.js';
export type { GrantQuery } from './http/response-key.js';
export { LoadingCacheError } from './loading/loading.cache.error.js';
export { LoadingCache } from './loading/loading.cache.js';
export type { LoadContext, LoadFunction, LoadingOptions, StoringOptions } from './loading/loading.options.js';
export { CacheEvict, type CacheEvictOptions } from './methods/cache-evict.decorator.js';
export { cachedMethodsOf } from './methods/cached-method.js';
export { CacheMethodError } from './methods/cache-method.error.js';
export { Cacheable, type CacheableOptions } from './methods/cacheable.decorator.js';
export { useCache, usesCache } from './methods/instance-cache.js';
export { MethodCaches } from './methods/method-cache.js';
export { openCache } from './open-cache.js';
export { openFleetStore } from './far/server-access.js';
