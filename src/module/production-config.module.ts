import { CacheModule } from '@nestjs/cache-manager';
import {
  ClassSerializerInterceptor,
  type DynamicModule,
  type ForwardReference,
  Inject,
  Logger,
  Module,
  type OnApplicationBootstrap,
  type OnModuleInit,
  type Type,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { CacheEngine, LoadingCache, cacheManagerProvider, checkCountedQueries } from '../cache/index.js';
import type { Server } from 'node:http';
import { bootWarnings } from '../checks/index.js';
import { setUpCachedMethods } from './cached-methods.js';
import { competingModules } from './competing-modules.js';
import { hookConditionalModule, registerByConfig, registerRoot } from './conditional-modules.js';
import { loadAtBoot, secretsOf } from './config-at-boot.js';
import { BaseConfig, sentenceOf, showInstancesAs } from '../config/index.js';
import { endBootSignals, warnOfMissingShutdown } from '../lifecycle/index.js';
import { throwDroppedRefusal } from './group-providers.js';
import { logOwnFindings } from './own-findings.js';
import { PageRoutes } from '../pagination/index.js';
import type {
  ConfigCondition,
  ProductionConfigAsyncOptions,
  ProductionConfigOptions,
} from './production-config.options.js';
import {
  controllersOf,
  hasInterceptor,
  routesOf,
  uncachedRoutes,
  uncachedTags,
} from './route-interceptors.js';
import { type SettingsLoading, SettingsModule } from './settings.module.js';

/**
 * Makes a service safe to deploy: validated configuration, a bounded cache, bounded lists, and keys that can be rotated.
 *
 * The environment is read when Nest starts, not when the importing file is loaded.
 *
 * @throws ConfigError while Nest starts, if the environment does not satisfy the configuration class
 *
 * @example
 * ```ts
 * @Module({ imports: [ProductionConfigModule.forRoot({ config: AppConfig })] })
 * export class AppModule {}
 * ```
 */
@Module({})
export class ProductionConfigModule implements OnModuleInit, OnApplicationBootstrap {
  constructor(
    @Inject(BaseConfig) private readonly config: BaseConfig,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(CacheEngine) private readonly cache: CacheEngine,
    @Inject(LoadingCache) private readonly loading: LoadingCache,
    @Inject(PageRoutes) private readonly routes: PageRoutes,
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
  ) {
    // OpenAPI documents are made before onModuleInit.
    routes.document(controllersOf(modules));
    cache.near.warnings.hasSerializer = () =>
      hasInterceptor(ClassSerializerInterceptor, this.modules, this.application);
  }

  /**
   * Creates the module for a configuration class, which is loaded when Nest starts.
   *
   * @throws ConfigError while Nest starts, if the environment does not satisfy the class
   *
   * @example
   * ```ts
   * ProductionConfigModule.forRoot({ config: AppConfig, pagination: { maxOffset: 1_000 } })
   * ```
   */
  static forRoot(options: ProductionConfigOptions = {}): DynamicModule {
    const root = { options, fetchesSecrets: false };
    return composeModule({ root, imports: [], inject: [], load: () => loadAtBoot(options, undefined) });
  }

  /**
   * The same, with secrets that the application fetches itself.
   *
   * @param options of the module, and the factory that fetches the secrets
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
    return composeModule({
      root: { options, fetchesSecrets: true },
      imports,
      inject,
      load: async (...dependencies) => loadAtBoot(options, secretsOf(await fetch(...dependencies))),
    });
  }

  /**
   * Imports a module only if a condition holds for the configuration. The condition is evaluated with the checked values
   * each time an application starts, not when this method is called. It cannot read what the factory of `forRootAsync`
   * fetches.
   *
   * @throws ConfigDefinitionError while Nest starts, if the condition gives another result after `forRootAsync` has fetched
   * its secrets, or if the application has no `forRoot()`
   *
   * @example
   * ```ts
   * @Module({
   *   imports: [
   *     ProductionConfigModule.forRoot({ config: AppConfig }),
   *     ProductionConfigModule.registerWhen(MailModule, (config: AppConfig) => config.TENANTS > 0),
   *   ],
   * })
   * export class AppModule {}
   * ```
   */
  static registerWhen(
    module: Type | DynamicModule | Promise<DynamicModule> | ForwardReference,
    condition: ConfigCondition,
  ): DynamicModule {
    return registerByConfig(module, condition);
  }

  /** Checks the decorators of routes and cached methods, and logs warnings. @hidden */
  async onModuleInit(): Promise<void> {
    throwDroppedRefusal(this.config);
    this.routes.check(controllersOf(this.modules));
    checkCountedQueries(routesOf(this.modules));
    setUpCachedMethods(this.modules, this.loading, this.cache.far !== undefined);
    const logger = new Logger(ProductionConfigModule.name);
    const warnings = [
      ...(await bootWarnings(this.config)).map(sentenceOf),
      ...competingModules(this.modules, this, SettingsModule),
      ...this.cacheWarnings(),
    ];
    for (const warning of warnings) logger.warn(warning);
    logger.log(`Cache: ${this.cache.about}`);
  }

  /** @hidden */
  onApplicationBootstrap(): void {
    endBootSignals();
    const server = this.http.httpAdapter?.getHttpServer() as Server | undefined;
    if (server !== undefined && this.config.NODE_ENV === 'production') warnOfMissingShutdown(server);
    logOwnFindings(this.config, new Logger(ProductionConfigModule.name));
  }

  private cacheWarnings(): string[] {
    // Without an HTTP adapter Nest does not set up the interceptors of routes.
    if (!this.http.httpAdapter) return [];
    const routes = uncachedRoutes(this.modules, this.application);
    const tagged = uncachedTags(this.modules);
    const warnings = [];
    if (routes.length > 0) {
      warnings.push(
        `@CachePublic() or @CacheVary() has no effect without HttpCacheInterceptor on ${routes.join(', ')}: ` +
          'add @UseInterceptors(HttpCacheInterceptor) to the controller',
      );
    }
    if (tagged.length > 0) {
      warnings.push(
        `@CacheTags() has no effect on ${tagged.join(', ')}: it is for GET routes with @CachePublic() or @CacheVary(). ` +
          'After a change use @InvalidatesTags()',
      );
    }
    return warnings;
  }
}

function composeModule(loading: SettingsLoading): DynamicModule {
  const settings = SettingsModule.register(loading);
  const cache = CacheModule.registerAsync({
    imports: [settings],
    useFactory: () => ({}),
    extraProviders: [cacheManagerProvider],
  });
  return registerRoot(loading.root, {
    module: ProductionConfigModule,
    global: loading.root.options.isGlobal ?? true,
    imports: [settings, cache],
    exports: [settings, cache],
  });
}

hookConditionalModule();
showInstancesAs<object>(ProductionConfigModule, () => ({}));
