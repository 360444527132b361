import { Module, type DynamicModule, type FactoryProvider, type ModuleMetadata } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { BoundedStore } from './cache/bounded.store.js';
import { CacheMetrics } from './cache/cache.metrics.js';
import { HttpCache } from './cache/http/http-cache.js';
import { LoadingCache } from './cache/loading.cache.js';
import { openStore } from './cache/open-store.js';
import { checkConditions, modulesAreRead, type Root } from './conditional-modules.js';
import { BaseConfig } from './config/base.config.js';
import { ancestorsOf, type ConfigClass } from './config/config-class.js';
import { stateOf } from './config/config.instance.js';
import { lockConfigService } from './config/config-service.lock.js';
import { ProductionConfig } from './config/production.config.js';
import { grantedPage } from './granted-page.js';
import { limitViews } from './injectable-views.js';
import { KeyRing } from './keys/key-ring.js';
import { PageRoutes } from './pagination/page-routes.js';
import { paginationProviders } from './pagination.providers.js';
import { STOCK_CONFIG_SERVICE } from './stock-config.js';

limitViews();

/** How the configuration of a root is loaded, and what that takes. */
export interface SettingsLoading {
  readonly root: Root;
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly load: (...dependencies: unknown[]) => BaseConfig | Promise<BaseConfig>;
}

/** Holds the configuration and what is made from it, so that the cache can be built on it. */
@Module({})
export class SettingsModule {
  constructor() {
    modulesAreRead();
  }

  static register({ root, imports, inject, load }: SettingsLoading): DynamicModule {
    const { config = ProductionConfig, pagination } = root.options;
    const tokens = aliasesOf(config);
    return {
      module: SettingsModule,
      imports: [ConfigModule, ...imports],
      providers: [
        {
          provide: config,
          inject: [ModulesContainer, ...inject],
          useFactory: async (modules: ModulesContainer, ...dependencies: unknown[]) => {
            const loaded = await load(...dependencies);
            checkConditions(modules, loaded, root);
            return loaded;
          },
        },
        ...tokens.map((token) => ({ provide: token, useExisting: config })),
        {
          provide: ConfigService,
          inject: [STOCK_CONFIG_SERVICE, BaseConfig],
          useFactory: lockConfigService,
        },
        {
          provide: BoundedStore,
          inject: [BaseConfig],
          useFactory: (loaded: BaseConfig) => openStore(loadedConfig(loaded).getCacheConfig()),
        },
        LoadingCache,
        CacheMetrics,
        {
          provide: KeyRing,
          inject: [BaseConfig],
          useFactory: (loaded: BaseConfig) => new KeyRing(loadedConfig(loaded)),
        },
        ...paginationProviders(pagination),
        {
          provide: HttpCache,
          inject: [BoundedStore, ApplicationConfig, PageRoutes],
          useFactory: (store: BoundedStore, application: ApplicationConfig, routes: PageRoutes) =>
            new HttpCache(store, application, grantedPage(routes)),
        },
      ],
      exports: [
        config,
        ...tokens,
        ConfigService,
        BoundedStore,
        LoadingCache,
        HttpCache,
        CacheMetrics,
        KeyRing,
        PageRoutes,
      ],
    };
  }
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
