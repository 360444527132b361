/**
 * What a service imports. {@link ProductionConfigModule} sets everything up, and a class that extends
 * {@link ProductionConfig} holds the settings. Then: {@link KeyRing} for tokens and cookies, {@link LoadingCache} and
 * {@link HttpCacheInterceptor} for the cache, {@link PaginationInterceptor}, {@link Paginate} and {@link Page} for lists.
 *
 * @module nestjs-production-config
 */

export { ProductionConfigModule } from './production-config.module.js';
export type {
  ApplicationSecrets,
  ProductionConfigAsyncOptions,
  ProductionConfigOptions,
} from './production-config.options.js';

export { BaseConfig } from './config/base.config.js';
export { DevelopmentConfig } from './config/development.config.js';
export { ProductionConfig } from './config/production.config.js';
export {
  Env,
  Secret,
  type EnvOptions,
  type SecretOptions,
  type SettingOptions,
} from './config/setting.decorator.js';
export {
  ConfigDefinitionError,
  ConfigError,
  type ConfigProblem,
  type ConfigProblemCode,
} from './config/config.error.js';
export { databaseUrl } from './config/rules/setting.rules.js';
export { UnsupportedNodeError } from './config/node-version.js';
export type { CacheConfig } from './config/cache.config.js';
export type { DatabaseConfig } from './config/database.config.js';
export type { ConfigClass, LoadOptions } from './config/config-class.js';
export type { Environment } from './config/sources/environment.js';
export type { ExplainedSetting } from './config/explained-setting.js';

export { KeyRing } from './keys/key-ring.js';
export { KeyRingError } from './keys/key-ring.error.js';
export type { KeyRingJwtModuleOptions, KeyRingJwtOptions } from './keys/jwt.options.js';
export type { LegacySecrets } from './keys/legacy-secrets.js';
export type { Keygrip } from './keys/keygrip.js';

export { CacheArgumentError } from './cache/cache-arguments.js';
export { CacheMetrics } from './cache/cache.metrics.js';
export type { CacheSnapshot, SharedSnapshot } from './cache/cache.snapshot.js';
export type { MetricRegistry } from './cache/cache.prometheus.js';
export { MissingPackageError } from './config/optional-package.js';
export {
  CachePublic,
  CacheVary,
  Uncached,
  type CachePublicOptions,
} from './cache/http/cache-scope.decorator.js';
export { HttpCacheInterceptor } from './cache/http/http-cache.interceptor.js';
export { LoadingCache } from './cache/loading.cache.js';
export { LoadingCacheError } from './cache/loading.cache.error.js';
export type { LoadingOptions } from './cache/loading.options.js';

export { Page, type PageInfo, type PageOptions } from './pagination/page.js';
export { PageError } from './pagination/page.error.js';
export type { CursorKey, CursorValue } from './pagination/cursor-key.js';
export type { PageLimits } from './pagination/page-limits.js';
export { PageRequestError } from './pagination/page-request.error.js';
export { PageRequestFilter } from './pagination/page-request.filter.js';
export type { CursorScope, PageBounds, PageRequest } from './pagination/page-request.js';
export { PageSize, Unpaginated } from './pagination/page-size.decorator.js';
export { Paginate, type PaginateOptions } from './pagination/paginate.decorator.js';
export { PaginationInterceptor } from './pagination/pagination.interceptor.js';
export type { PaginationOptions } from './pagination/pagination.options.js';
export { resolvePage } from './pagination/resolve-page.js';
