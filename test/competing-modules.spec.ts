import { type Cache, CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import { Global, Injectable, Module, Scope, type Provider, type Type } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { LazyModuleLoader, ModuleRef, NestFactory } from '@nestjs/core';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CacheMetrics,
  ConfigDefinitionError,
  LoadingCache,
  ProductionConfigModule,
} from 'nestjs-production-config';
import { until } from './support/cache-node.js';
import { sharedEnv, startMemcached, startRedis } from './support/cache-servers.js';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

const env = { NODE_ENV: 'production', SECRET_KEY, PAGE_SIZE: '20' };

type Imports = NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>;

async function start(imports: Imports, change: (builder: TestingModuleBuilder) => unknown = () => undefined) {
  const logger = new RecordingLogger();
  const builder = Test.createTestingModule({ imports }).setLogger(logger);
  change(builder);
  const app = await (await builder.compile()).createNestApplication().init();
  onTestFinished(() => app.close());
  return { app, warnings: logger.of('warn') };
}

const SERVERS = [
  ['Redis', startRedis],
  ['memcached', startMemcached],
] as const;

const root = () => ProductionConfigModule.forRoot({ env });

describe('a duplicate import of a module that ProductionConfigModule provides', () => {
  it.each([
    ['a second CacheModule', () => CacheModule.register(), 'CacheModule is also imported (by OrdersModule)'],
    [
      'a second global CacheModule',
      () => CacheModule.register({ isGlobal: true }),
      'CacheModule is also imported (by OrdersModule)',
    ],
    [
      'a ConfigModule.forRoot()',
      () => ConfigModule.forRoot({ ignoreEnvFile: true }),
      'ConfigModule.forRoot() is also imported (by OrdersModule)',
    ],
    [
      'a ConfigModule.forRoot() with load',
      () => ConfigModule.forRoot({ ignoreEnvFile: true, load: [registerAs('shop', () => ({ open: true }))] }),
      'ConfigModule.forRoot() is also imported (by OrdersModule)',
    ],
    [
      'a global ConfigModule.forRoot()',
      () => ConfigModule.forRoot({ ignoreEnvFile: true, isGlobal: true }),
      'ConfigModule.forRoot() is also imported (by OrdersModule)',
    ],
    [
      'a second forRoot()',
      root,
      'ProductionConfigModule is configured 2 times (by RootTestModule, OrdersModule)',
    ],
  ])('is reported once with its importer: %s', async (_what, make, text) => {
    @Module({ imports: [make()] })
    class OrdersModule {}
    @Module({})
    class OtherModule {}
    const { warnings } = await start([root(), OtherModule, OrdersModule]);
    expect(warnings).toEqual([expect.stringContaining(text)]);
  });

  it('is reported with each of its importers', async () => {
    const cache = CacheModule.register({ isGlobal: true });
    @Module({ imports: [cache] })
    class OrdersModule {}
    @Global()
    @Module({ imports: [cache] })
    class PricesModule {}
    const { warnings } = await start([OrdersModule, PricesModule, root()]);
    expect(warnings).toEqual([expect.stringContaining('(by OrdersModule, PricesModule)')]);
  });

  it('is reported if it is the bare ConfigModule, which may be read too early', async () => {
    @Module({ imports: [ConfigModule] })
    class OrmModule {}
    const { warnings } = await start([OrmModule, root()]);
    expect(warnings).toEqual([expect.stringContaining('ConfigModule is imported by OrmModule')]);
  });

  it('is not reported if it is ConfigModule.forFeature(), which shares the single ConfigService', async () => {
    @Module({ imports: [ConfigModule.forFeature(registerAs('shop', () => ({ open: true })))] })
    class ShopModule {}
    expect((await start([ShopModule, root()])).warnings).toEqual([]);
  });

  it('is not reported if a test overrides providers of the package', async () => {
    @Module({ imports: [ConfigModule.forFeature(registerAs('shop', () => ({ open: true })))] })
    class ShopModule {}
    const standIns: ((builder: TestingModuleBuilder) => unknown)[] = [
      (builder) => builder.overrideProvider(CACHE_MANAGER).useValue({ get: () => undefined }),
      (builder) => builder.overrideProvider(ConfigService).useValue({ get: () => undefined }),
      (builder) => builder.overrideProvider(ConfigService).useValue(new ConfigService({ a: 1 })),
      (builder) => builder.overrideProvider(ConfigService).useClass(ConfigService),
      (builder) => builder.overrideProvider(ConfigService).useFactory({ factory: () => new ConfigService() }),
    ];
    for (const standIn of standIns) expect((await start([ShopModule, root()], standIn)).warnings).toEqual([]);
  });

  it('is not reported if there is none', async () => {
    expect((await start([root()])).warnings).toEqual([]);
  });
});

describe('a ConfigService that a module creates itself', () => {
  @Injectable()
  class TypedConfigService extends ConfigService {}

  const ways: readonly [string, Provider, Type<ConfigService> | string | symbol][] = [
    ['providers: [ConfigService]', ConfigService, ConfigService],
    ['useClass', { provide: 'SETTINGS', useClass: ConfigService }, 'SETTINGS'],
    ['a subclass', TypedConfigService, TypedConfigService],
    ['useFactory', { provide: 'SETTINGS', useFactory: () => new ConfigService() }, 'SETTINGS'],
    ['useValue', { provide: 'SETTINGS', useValue: new ConfigService() }, 'SETTINGS'],
    ['a request scope', { provide: 'SETTINGS', useClass: ConfigService, scope: Scope.REQUEST }, 'SETTINGS'],
  ];

  it.each(ways)('is reported once: %s', async (_what, provider, token) => {
    @Module({ providers: [provider] })
    class OrdersModule {}
    const { warnings } = await start([OrdersModule, root()]);
    const name = typeof token === 'function' ? token.name : String(token);
    expect(warnings).toEqual([
      expect.stringContaining(`ConfigService is also provided by OrdersModule (${name}): `),
    ]);
  });

  it('returns the checked values, wherever Nest creates it', async () => {
    @Module({ providers: [ConfigService] })
    class OrdersModule {}
    @Module({ providers: [TypedConfigService] })
    class LazyModule {}
    const { app } = await start([OrdersModule, root()]);
    const services = [
      app.select(OrdersModule).get(ConfigService, { strict: true }),
      (await app.get(LazyModuleLoader).load(() => LazyModule)).get(TypedConfigService),
      await app.get(ModuleRef).create(TypedConfigService),
    ];
    for (const service of services) {
      expect(service).not.toBe(app.get(ProductionConfigModule));
      expect(service.get('PAGE_SIZE')).toBe(20);
      expect(service.get('SECRET_KEY')).toBe(SECRET_KEY);
      expect(service.get('getCacheConfig')).toBeUndefined();
      expect(JSON.stringify(service)).not.toContain(SECRET_KEY);
    }
  });

  it('is not reported if it is an alias of the locked one', async () => {
    @Module({ providers: [{ provide: 'SETTINGS', useExisting: ConfigService }] })
    class OrdersModule {}
    const { app, warnings } = await start([OrdersModule, root()]);
    expect(warnings).toEqual([]);
    expect(app.get<ConfigService>('SETTINGS')).toBe(app.get(ConfigService));
  });
});

describe('LazyModuleLoader', () => {
  @Module({})
  class EmptyModule {}

  it.each([true, false])('loads forRoot({ isGlobal: %s })', async (isGlobal) => {
    const app = await NestFactory.createApplicationContext(EmptyModule, { logger: false });
    onTestFinished(() => app.close());
    const module = await app
      .get(LazyModuleLoader)
      .load(() => ProductionConfigModule.forRoot({ env, isGlobal }));
    const service = module.get(ConfigService, { strict: false });
    expect(service.get('PAGE_SIZE')).toBe(20);
    expect(() => service.set('PAGE_SIZE', 1)).toThrow(ConfigDefinitionError);
  });

  it.each(SERVERS)(
    'loads a cache shared on %s, which connects on the first call, and disconnects with its cache manager',
    async (_name, startServer) => {
      const server = await startServer();
      if (server === undefined) return;
      onTestFinished(() => server.stop());
      const app = await NestFactory.createApplicationContext(EmptyModule, { logger: false });
      onTestFinished(() => app.close());
      const options = { env: { ...env, ...sharedEnv(server.url) }, isGlobal: false };
      const module = await app.get(LazyModuleLoader).load(() => ProductionConfigModule.forRoot(options));
      await module.get(LoadingCache, { strict: false }).get('a', () => 1);
      const isConnected = () => module.get(CacheMetrics, { strict: false }).snapshot().shared!.isConnected;
      await until(isConnected);
      await module.get<Cache>(CACHE_MANAGER, { strict: false }).disconnect();
      expect(isConnected()).toBe(false);
    },
  );
});
