import {
  type DynamicModule,
  type FactoryProvider,
  Module,
  type ModuleMetadata,
  type Provider,
} from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { ApplicationConfig, ModulesContainer } from '@nestjs/core';
import { CacheEngine, CacheMetrics, CacheUsage, HttpCache, LoadingCache, openCache } from '../cache/index.js';
import { type Root, checkConditions, finishModuleScan } from './conditional-modules.js';
import { BaseConfig, type ConfigClass, ProductionConfig, ancestorsOf, stateOf } from '../config/index.js';
import { STOCK_CONFIG_SERVICE, lockConfigService } from './config-service.lock.js';
import { Fleet } from '../fleet/index.js';
import { canonicalPageQuery } from './canonical-query.js';
import { fleetStoreOf } from './fleet-store.js';
import { groupProviders } from './group-providers.js';
import { summarizeInjectables } from './injectable-views.js';
import { KeyMetrics, KeyReload, KeyRing } from '../keys/index.js';
import {
  exitOnSignalDuringBoot,
  LifecycleMetrics,
  PROBE_OPTIONS,
  Readiness,
  reportLifecycle,
} from '../lifecycle/index.js';
import { LISTS, PageRequestFilter, PageRoutes, type PaginationOptions } from '../pagination/index.js';
import { listsOf } from './lists-of.js';

summarizeInjectables();

/** How the configuration of a root is loaded, and the dependencies of that. */
export interface SettingsLoading {
  readonly root: Root;
  readonly imports: NonNullable<ModuleMetadata['imports']>;
  readonly inject: NonNullable<FactoryProvider['inject']>;
  readonly load: (...dependencies: unknown[]) => BaseConfig | Promise<BaseConfig>;
}

/** Provides the configuration and what is built from it. A module of its own, so that CacheModule can import it. */
@Module({})
export class SettingsModule {
  constructor() {
    finishModuleScan();
  }

  static register({ root, imports, inject, load }: SettingsLoading): DynamicModule {
    const { config = ProductionConfig, pagination, probes = {}, fleet } = root.options;
    const tokens = aliasesOf(config);
    const groups = groupProviders(config);
    return {
      module: SettingsModule,
      imports: [ConfigModule, ...imports],
      providers: [
        {
          provide: config,
          inject: [ModulesContainer, ...inject],
          useFactory: async (modules: ModulesContainer, ...dependencies: unknown[]) => {
            exitOnSignalDuringBoot();
            const loaded = await load(...dependencies);
            checkConditions(modules, loaded, root);
            return loaded;
          },
        },
        ...tokens.map((token) => ({ provide: token, useExisting: config })),
        ...groups.map(({ provider }) => provider),
        {
          provide: ConfigService,
          inject: [STOCK_CONFIG_SERVICE, BaseConfig],
          useFactory: lockConfigService,
        },
        {
          provide: CacheEngine,
          inject: [BaseConfig],
          useFactory: (loaded: BaseConfig) => openCache(checkLoaded(loaded).getCacheConfig()),
        },
        LoadingCache,
        CacheMetrics,
        CacheUsage,
        {
          provide: KeyRing,
          inject: [BaseConfig],
          useFactory: (loaded: BaseConfig) => new KeyRing(checkLoaded(loaded)),
        },
        {
          provide: KeyReload,
          inject: [BaseConfig, KeyRing],
          useFactory: (loaded: BaseConfig, keys: KeyRing) => new KeyReload(loaded, keys),
        },
        KeyMetrics,
        {
          provide: Fleet,
          inject: [BaseConfig, KeyRing, Readiness],
          useFactory: (loaded: BaseConfig, keys: KeyRing, readiness: Readiness) =>
            new Fleet(
              loaded,
              keys,
              fleetStoreOf(checkLoaded(loaded), fleet),
              () => reportLifecycle(readiness).drain,
            ),
        },
        Readiness,
        LifecycleMetrics,
        { provide: PROBE_OPTIONS, useValue: probes },
        ...paginationProviders(pagination),
        {
          provide: HttpCache,
          inject: [CacheEngine, ApplicationConfig, PageRoutes],
          useFactory: (engine: CacheEngine, application: ApplicationConfig, routes: PageRoutes) =>
            new HttpCache(engine, application, canonicalPageQuery(routes)),
        },
      ],
      exports: [
        config,
        ...tokens,
        ...groups.map(({ token }) => token),
        ConfigService,
        CacheEngine,
        LoadingCache,
        HttpCache,
        CacheMetrics,
        CacheUsage,
        KeyRing,
        KeyMetrics,
        Fleet,
        Readiness,
        LifecycleMetrics,
        PageRoutes,
        LISTS,
      ],
    };
  }
}

/** The other tokens of a configuration: its ancestors, and always ProductionConfig and BaseConfig. */
function aliasesOf(config: Function): ConfigClass<BaseConfig>[] {
  const tokens = new Set([ProductionConfig, BaseConfig, ...ancestorsOf(config)]);
  tokens.delete(config);
  return [...tokens] as ConfigClass<BaseConfig>[];
}

/** @throws unless load() made it; a test may have overridden the provider */
function checkLoaded(config: BaseConfig): BaseConfig {
  stateOf(config);
  return config;
}

const DEFAULT_FILTER = Symbol('DEFAULT_FILTER');

function paginationProviders(options: PaginationOptions | undefined): Provider[] {
  return [
    {
      provide: PageRoutes,
      inject: [BaseConfig, KeyRing],
      useFactory: (config: BaseConfig, keys: KeyRing) => new PageRoutes(config, keys, options),
    },
    {
      provide: LISTS,
      inject: [ModulesContainer, ApplicationConfig, PageRoutes],
      useFactory: (modules: ModulesContainer, application: ApplicationConfig, routes: PageRoutes) => () =>
        listsOf(modules, application, routes),
    },
    PageRequestFilter,
    {
      provide: DEFAULT_FILTER,
      inject: [ApplicationConfig, PageRequestFilter],
      // Nest tries the last global filter first, and adds those of the application later.
      useFactory: (application: ApplicationConfig, filter: PageRequestFilter) =>
        application.addGlobalFilter(filter),
    },
  ];
}
