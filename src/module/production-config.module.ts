import { CacheModule } from '@nestjs/cache-manager';
import {
  ClassSerializerInterceptor,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnModuleInit,
} from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { BoundedStore, cacheManagerProvider, checkCountedQueries } from '../cache/index.js';
import { competingModules } from './competing-modules.js';
import { announceRoot, hookConditionalModule } from './conditional-modules.js';
import { loadAtBoot, secretsOf } from './config-at-boot.js';
import { BaseConfig, sentenceOf, redactInstances, stateOf } from '../config/index.js';
import { PageRoutes } from '../pagination/index.js';
import type { ProductionConfigAsyncOptions, ProductionConfigOptions } from './production-config.options.js';
import { controllersOf, hasInterceptor, routesOf, uncachedRoutes } from './route-interceptors.js';
import { type SettingsLoading, SettingsModule } from './settings.module.js';

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
    @Inject(ApplicationConfig) private readonly application: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly http: HttpAdapterHost,
  ) {
    store.warnings.hasSerializer = () =>
      hasInterceptor(ClassSerializerInterceptor, this.modules, this.application);
  }

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
    const root = { options, fetchesSecrets: false };
    return compose({ root, imports: [], inject: [], load: () => loadAtBoot(options, undefined) });
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
    return compose({
      root: { options, fetchesSecrets: true },
      imports,
      inject,
      load: async (...dependencies) => loadAtBoot(options, secretsOf(await fetch(...dependencies))),
    });
  }

  /** Checks what routes declare, and logs what should not ship. @hidden */
  onModuleInit(): void {
    this.routes.check(controllersOf(this.modules));
    checkCountedQueries(routesOf(this.modules));
    const logger = new Logger(ProductionConfigModule.name);
    const warnings = [
      ...stateOf(this.config).warnings.map(sentenceOf),
      ...competingModules(this.modules, this, SettingsModule),
      ...this.cacheWarnings(),
    ];
    for (const warning of warnings) logger.warn(warning);
    logger.log(`Cache: ${this.store.about}`);
  }

  private cacheWarnings(): string[] {
    // Without HTTP nothing sets up the interceptors of all routes.
    const routes = this.http.httpAdapter ? uncachedRoutes(this.modules, this.application) : [];
    if (routes.length === 0) return [];
    return [
      `No HttpCacheInterceptor caches ${routes.join(', ')}, in spite of @CachePublic() or @CacheVary(): ` +
        'add @UseInterceptors(HttpCacheInterceptor) to the controller',
    ];
  }
}

function compose(loading: SettingsLoading): DynamicModule {
  const settings = SettingsModule.register(loading);
  const cache = CacheModule.registerAsync({
    imports: [settings],
    useFactory: () => ({}),
    extraProviders: [cacheManagerProvider],
  });
  return announceRoot(loading.root, {
    module: ProductionConfigModule,
    global: loading.root.options.isGlobal ?? true,
    imports: [settings, cache],
    exports: [settings, cache],
  });
}

hookConditionalModule();
redactInstances<object>(ProductionConfigModule, () => ({}));
