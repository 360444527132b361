/**
 * The main entry. {@link ProductionConfigModule} sets everything up, and a class that extends {@link ProductionConfig}
 * has the settings. {@link KeyRing} is for tokens and cookies, {@link LoadingCache} and {@link HttpCacheInterceptor} for
 * caching, {@link PaginationInterceptor}, {@link Paginate} and {@link Page} for lists.
 *
 * @module nestjs-production-config
 */

export { ProductionConfigModule } from './module/production-config.module.js';
export type {
  ApplicationSecrets,
  ProductionConfigAsyncOptions,
  ProductionConfigOptions,
} from './module/production-config.options.js';

export type { MetricRegistry } from './common/metric-registry.js';
export { MissingPackageError } from './common/optional-package.js';
export { ProductionConfigError, type ProductionConfigErrorCode } from './common/production-config.error.js';
export {
  BaseConfig,
  byteSize,
  ConfigDefinitionError,
  ConfigError,
  ConfigGroup,
  databaseUrl,
  defineCheck,
  DevelopmentConfig,
  duration,
  Env,
  Group,
  host,
  hostPort,
  json,
  list,
  oneOf,
  PickedConfig,
  port,
  ProductionConfig,
  Secret,
  UnsupportedNodeError,
  url,
  type CacheConfig,
  type CacheCredentials,
  type CacheTls,
  type Check,
  type CheckFinding,
  type CheckResult,
  type ConfigClass,
  type ConfigProblem,
  type ConfigProblemCode,
  type DatabaseConfig,
  type DatabaseTls,
  type Environment,
  type EnvOptions,
  type ExplainedSetting,
  type GroupClass,
  type GroupOptions,
  type HostPort,
  type LoadOptions,
  type RequirementOptions,
  type SecretOptions,
  type SettingOptions,
  type UrlOptions,
} from './config/index.js';

export {
  KeyMetrics,
  KeyRing,
  KeyRingError,
  type FastifySigner,
  type Keygrip,
  type KeyRingJwtModuleOptions,
  type KeyRingJwtOptions,
  type KeySnapshot,
  type LegacySecrets,
  type UnsignedCookie,
} from './keys/index.js';

export { Fleet, type FleetDrain, type FleetRelease, type FleetSnapshot } from './fleet/index.js';

export {
  LifecycleError,
  LifecycleMetrics,
  Readiness,
  shutdownGracefully,
  type ProbeOptions,
  type ReadinessCheckOptions,
  type ReadinessIndicator,
} from './lifecycle/index.js';

export {
  Cacheable,
  CacheArgumentError,
  CacheEvict,
  CacheMethodError,
  CacheMetrics,
  CachePublic,
  CacheTags,
  CacheVary,
  HttpCacheInterceptor,
  InvalidatesTags,
  LoadingCache,
  LoadingCacheError,
  Uncached,
  type CacheableOptions,
  type CacheEvictOptions,
  type CachePublicOptions,
  type CacheSnapshot,
  type LoadContext,
  type LoadFunction,
  type LoadingOptions,
  type StoringOptions,
  type MasterSnapshot,
  type SharedSnapshot,
  type TaggedRequest,
  type TagsOf,
} from './cache/index.js';

export {
  Page,
  PageError,
  PageRequestError,
  PageRequestFilter,
  PageSize,
  Paginate,
  PaginationInterceptor,
  resolvePage,
  Unpaginated,
  type CursorKey,
  type CursorScope,
  type CursorValue,
  type EnvelopedPage,
  type LinkStyle,
  type OffsetPage,
  type PageEdge,
  type PageEnvelope,
  type PageInfo,
  type PageLimits,
  type PageLinkTargets,
  type PageOfOptions,
  type PageParams,
  type PageRequest,
  type PageSort,
  type PaginateOptions,
  type PaginationOptions,
  type ResolveLimits,
} from './pagination/index.js';
