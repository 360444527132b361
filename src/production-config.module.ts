import { CacheModule, type CacheManagerOptions } from '@nestjs/cache-manager';
import {
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type ModuleMetadata,
  type OnModuleInit,
  type FactoryProvider,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ModulesContainer } from '@nestjs/core';
import { BoundedStore } from './cache/bounded.store.js';
import { CacheMetrics } from './cache/cache.metrics.js';
import { GRANTED_QUERY } from './cache/http/http-cache.interceptor.js';
import { KeyvStore } from './cache/keyv.store.js';
import { LoadingCache } from './cache/loading.cache.js';
import { openStore } from './cache/open-store.js';
import { competingModules } from './competing-modules.js';
import { loadAtBoot, secretsOf } from './config-at-boot.js';
import { BaseConfig } from './config/base.config.js';
import { ancestorsOf, type ConfigClass } from './config/config-class.js';
import { stateOf } from './config/config.instance.js';
import { sentenceOf } from './config/config.warning.js';
import { lockConfigService } from './config/config-service.lock.js';
import { ProductionConfig } from './config/production.config.js';
import { grantedPage } from './granted-page.js';
import { KeyRing } from './keys/key-ring.js';
import { PageRoutes } from './pagination/page-routes.js';
import type { ProductionConfigAsyncOptions, ProductionConfigOptions } from './production-config.options.js';

const STOCK_CONFIG_SERVICE = Symbol('STOCK_CONFIG_SERVICE');

/** Gives Nest's own ConfigService a second name, so that the locked one can take over the first. */
@Module({
  imports: [ConfigModule],
  providers: [{ provide: STOCK_CONFIG_SERVICE, useExisting: ConfigService }],
  exports: [STOCK_CONFIG_SERVICE],
})
class StockConfigModule {}

/** Holds the configuration, so that the cache can be built on it. */
@Module({})
class SettingsModule {}

/**
 * Makes a service safe to deploy: validated configuration, a bounded cache, the limits of its lists, and keys that
 * rotate.
 *
 * The environment is read when Nest starts, not when the importing file is loaded.
 *
 * @throws ConfigError while Nest starts, when the environment does not satisfy the configuration class
 *
 * @example
 * ```ts
 * @Module({ imports: [ProductionConfigModule.forRoot({ config: AppConfig })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class ProductionConfigModule implements OnModuleInit {
  constructor(
    @Inject(BaseConfig) private readonly config: BaseConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(BoundedStore) private readonly store: BoundedStore,
    @Inject(PageRoutes) private readonly routes: PageRoutes,
  ) {}

  /**
   * The module with the settings of a configuration class, which is read when Nest starts.
   *
   * @throws ConfigError while Nest starts, when the environment does not satisfy the class
   *
   * @example
   * ```ts
   * ProductionConfigModule.forRoot({ config: AppConfig, pagination: { maxOffset: 1_000 } })
   * ```
   */
  static forRoot(options: ProductionConfigOptions = {}): DynamicModule {
    return compose(options, [], { inject: [], useFactory: () => loadAtBoot(options, undefined) });
  }

  /**
   * The same with secrets that the application fetches itself.
   *
   * @example
   * ```ts
   * ProductionConfigModule.forRootAsync({
   *   inject: [Vault],
   *   useFactory: async (vault: Vault) => ({ secrets: await vault.read('orders') }),
   * })
   * ```
   */
  static forRootAsync({
    imports = [],
    inject = [],
    useFactory,
    ...options
  }: ProductionConfigAsyncOptions): DynamicModule {
    const fetch = useFactory as (...dependencies: unknown[]) => unknown;
    return compose(options, imports, {
      inject,
      useFactory: async (...dependencies) => loadAtBoot(options, secretsOf(await fetch(...dependencies))),
    });
  }

  /** Checks the routes' page sizes, and logs what should not ship. @hidden */
  onModuleInit(): void {
    this.routes.check(controllersOf(this.modules));
    const logger = new Logger(ProductionConfigModule.name);
    const warnings = [
      ...stateOf(this.config).warnings.map(sentenceOf),
      ...competingModules(this.modules, this, { settings: SettingsModule, stockConfig: StockConfigModule }),
    ];
    for (const warning of warnings) logger.warn(warning);
    logger.log(`Cache: ${this.store.about}`);
  }
}

function compose(
  options: ProductionConfigOptions,
  imports: NonNullable<ModuleMetadata['imports']>,
  load: Pick<FactoryProvider<BaseConfig>, 'useFactory'> & Required<Pick<FactoryProvider, 'inject'>>,
): DynamicModule {
  const { config = ProductionConfig, isGlobal = true, pagination } = options;
  const tokens = aliasesOf(config);
  const settings: DynamicModule = {
    module: SettingsModule,
    imports: [StockConfigModule, ...imports],
    providers: [
      { provide: config, ...load },
      ...tokens.map((token) => ({ provide: token, useExisting: config })),
      { provide: ConfigService, inject: [STOCK_CONFIG_SERVICE, BaseConfig], useFactory: lockConfigService },
      {
        provide: BoundedStore,
        inject: [BaseConfig],
        useFactory: (loaded: BaseConfig) => openStore(loadedConfig(loaded).getCacheConfig()),
      },
      LoadingCache,
      { provide: GRANTED_QUERY, inject: [PageRoutes], useFactory: grantedPage },
      CacheMetrics,
      {
        provide: KeyRing,
        inject: [BaseConfig],
        useFactory: (loaded: BaseConfig) => new KeyRing(loadedConfig(loaded)),
      },
      {
        provide: PageRoutes,
        inject: [BaseConfig, KeyRing],
        useFactory: (loaded: BaseConfig, keys: KeyRing) => new PageRoutes(loaded, keys, pagination),
      },
    ],
    exports: [
      config,
      ...tokens,
      ConfigService,
      BoundedStore,
      LoadingCache,
      GRANTED_QUERY,
      CacheMetrics,
      KeyRing,
      PageRoutes,
    ],
  };
  const cache = CacheModule.registerAsync({
    imports: [settings],
    inject: [BoundedStore],
    useFactory: (store: BoundedStore) => ({
      stores: new KeyvStore(store) as unknown as CacheManagerOptions['stores'],
      ttl: store.ttl,
    }),
  });
  return {
    module: ProductionConfigModule,
    global: isGlobal,
    imports: [settings, cache],
    exports: [settings, cache],
  };
}

function controllersOf(modules: ModulesContainer): Function[] {
  const wrappers = [...modules.values()].flatMap(({ controllers }) => [...controllers.values()]);
  return wrappers.map(({ metatype }) => metatype).filter((controller) => typeof controller === 'function');
}

/** The other tokens a configuration answers to: its ancestors, and always ProductionConfig and BaseConfig. */
function aliasesOf(config: Function): ConfigClass<BaseConfig>[] {
  const tokens = new Set([ProductionConfig, BaseConfig, ...ancestorsOf(config)]);
  tokens.delete(config);
  return [...tokens] as ConfigClass<BaseConfig>[];
}

/** What a test put in the configuration's place has to be one. */
function loadedConfig(config: BaseConfig): BaseConfig {
  stateOf(config);
  return config;
}
