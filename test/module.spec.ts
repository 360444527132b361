import { CACHE_MANAGER, Cache } from '@nestjs/cache-manager';
import { Inject, Injectable, Module, type INestApplication } from '@nestjs/common';
import { ConfigModule, ConfigService, registerAs } from '@nestjs/config';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  BaseConfig,
  CacheMetrics,
  ConfigError,
  Env,
  ProductionConfig,
  ProductionConfigModule,
  type ProductionConfigOptions,
  Secret,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

class AppConfig extends ProductionConfig {
  @Secret(Joi.string().optional())
  readonly STRIPE_KEY?: string;

  @Env(Joi.array<readonly string[]>().items(Joi.string()).default([]))
  readonly ORIGINS!: readonly string[];
}

const env = { NODE_ENV: 'production', SECRET_KEY, PAGE_SIZE: '20', ORIGINS: 'a.org,b.org' };

async function start(imports: NonNullable<Parameters<typeof Test.createTestingModule>[0]['imports']>) {
  const logger = new RecordingLogger();
  const testing = await Test.createTestingModule({ imports }).setLogger(logger).compile();
  const app: INestApplication = await testing.createNestApplication().init();
  onTestFinished(() => app.close());
  return { app, logger };
}

describe('the log at boot', () => {
  it('states the kind of cache without its address', async () => {
    const shared = { CACHE_URL: 'redis://:opensesame@127.0.0.1:1', CACHE_NAMESPACE: 'orders' };
    const bounds = { CACHE_MAX_BYTES: '64mb' };
    const here = await start([ProductionConfigModule.forRoot({ env: { ...env, ...bounds } })]);
    const there = await start([ProductionConfigModule.forRoot({ env: { ...env, ...bounds, ...shared } })]);
    const sentence = 'Cache: at most 4096 entries and 64.0 MiB in this process, ttl 600 s';
    expect(here.logger.of('log').join('\n')).toContain(`${sentence}; not shared`);
    expect(there.logger.of('log').join('\n')).toContain(
      `${sentence}; shared on Redis as 'orders', 50 ms per call`,
    );
    expect(there.logger.lines.map(({ text }) => text).join('\n')).not.toMatch(/opensesame|127\.0\.0\.1/);
  });
});

it('a boot that fails leaves no connection to the shared cache', async () => {
  let connections = 0;
  const server = createServer(() => connections++).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  class Refusing {
    onModuleInit() {
      throw new Error('no tables');
    }
  }
  const shared = { CACHE_URL: `redis://127.0.0.1:${port}`, CACHE_NAMESPACE: 'orders' };
  const root = ProductionConfigModule.forRoot({ env: { ...env, ...shared } });
  await expect(start([root, { module: Refusing }])).rejects.toThrow('no tables');
  await delay(200);
  expect(connections).toBe(0);
});

describe('injection', () => {
  it('provides one instance for the class, every ancestor, ProductionConfig and BaseConfig', async () => {
    const { app } = await start([ProductionConfigModule.forRoot({ config: AppConfig, env })]);
    const config = app.get(AppConfig);
    expect(config).toBeInstanceOf(AppConfig);
    expect(app.get(ProductionConfig)).toBe(config);
    expect(app.get(BaseConfig)).toBe(config);

    class Bare extends BaseConfig {}
    const bare = await start([ProductionConfigModule.forRoot({ config: Bare, env })]);
    expect(bare.app.get(ProductionConfig)).toBe(bare.app.get(Bare));
  });

  it('works by class in every module without an import', async () => {
    @Injectable()
    class Orders {
      constructor(
        readonly config: AppConfig,
        readonly service: ConfigService,
        readonly cache: Cache,
        readonly metrics: CacheMetrics,
        @Inject(CACHE_MANAGER) readonly manager: Cache,
      ) {}
    }
    @Module({ providers: [Orders] })
    class OrdersModule {}

    const { app } = await start([OrdersModule, ProductionConfigModule.forRoot({ config: AppConfig, env })]);
    const orders = app.get(Orders);
    expect(orders.config.PAGE_SIZE).toBe(20);
    expect(orders.service.get('PAGE_SIZE')).toBe(20);
    expect(orders.manager).toBe(orders.cache);
    expect(orders.metrics.snapshot()).toMatchObject({ entries: 0, hits: 0 });
  });

  it('is limited to importing modules with isGlobal: false', async () => {
    const local = ProductionConfigModule.forRoot({ env, isGlobal: false });
    @Injectable()
    class Inside {
      constructor(
        readonly config: ProductionConfig,
        readonly cache: Cache,
      ) {}
    }
    @Module({ imports: [local], providers: [Inside] })
    class InsideModule {}
    const { app } = await start([InsideModule]);
    expect(app.get(Inside).config.PAGE_SIZE).toBe(20);

    @Module({ providers: [Inside] })
    class OutsideModule {}
    await expect(Test.createTestingModule({ imports: [local, OutsideModule] }).compile()).rejects.toThrow(
      "can't resolve dependencies",
    );
  });

  it('provides the replacement everywhere after one provider is overridden', async () => {
    const testing = await Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ config: AppConfig })],
    })
      .overrideProvider(AppConfig)
      .useValue(AppConfig.load({ ...env, PAGE_SIZE: '7' }))
      .compile();
    expect(testing.get(BaseConfig).PAGE_SIZE).toBe(7);
    expect(testing.get(ConfigService).get('PAGE_SIZE')).toBe(7);
  });

  it('provides the instance that loadOrExit() created', async () => {
    class Booted extends ProductionConfig {}
    const config = Booted.loadOrExit(env);
    const { app } = await start([ProductionConfigModule.forRoot({ config: Booted })]);
    expect(app.get(Booted)).toBe(config);
    const other = await start([ProductionConfigModule.forRoot({ config: Booted, env })]);
    expect(other.app.get(Booted)).not.toBe(config);
  });

  it('warns that forRoot() cannot change the files that loadOrExit() has read', async () => {
    class Booted extends ProductionConfig {}
    Booted.loadOrExit(env);
    const { logger } = await start([
      ProductionConfigModule.forRoot({ config: Booted, secretsDir: '/nowhere' }),
    ]);
    expect(logger.of('warn')).toContainEqual(
      expect.stringContaining('forRoot({ secretsDir }) has no effect after Booted.loadOrExit()'),
    );
  });

  it('suggests a valid replacement if a test overrides it with another value', async () => {
    const starting = Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ config: AppConfig })],
    })
      .overrideProvider(AppConfig)
      .useValue({ PAGE_SIZE: 5 })
      .compile();
    await expect(starting).rejects.toThrow('override the provider with AppConfig.load');
  });

  it('refuses a class that is undefined because of a circular import', async () => {
    const circular: { AppConfig?: typeof AppConfig } = {};
    const options = { config: circular.AppConfig, env } as ProductionConfigOptions;
    const starting = Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot(options)],
    }).compile();
    await expect(starting).rejects.toThrow('got undefined');
  });

  it('refuses a class that extends a class of another copy of the package, and says so', async () => {
    class OfAnotherCopy {
      readonly PAGE_SIZE = 100;
    }
    const options = { config: OfAnotherCopy, env } as unknown as ProductionConfigOptions;
    const starting = Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot(options)],
    }).compile();
    await expect(starting).rejects.toThrow(/of this copy of .*: npm ls nestjs-production-config shows/);
  });

  it('rejects an invalid environment with the original ConfigError', async () => {
    const starting = Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ env: {} })],
    }).compile();
    await expect(starting).rejects.toBeInstanceOf(ConfigError);
  });
});

describe('secrets of the application', () => {
  it('take precedence over every other source, and explain() shows their origin', async () => {
    const VAULT = Symbol('VAULT');
    @Module({
      providers: [{ provide: VAULT, useValue: { read: () => ({ STRIPE_KEY: 'from-the-vault' }) } }],
      exports: [VAULT],
    })
    class VaultModule {}

    const { app } = await start([
      ProductionConfigModule.forRootAsync({
        config: AppConfig,
        env: { ...env, STRIPE_KEY: 'from-the-environment' },
        imports: [VaultModule],
        inject: [VAULT],
        useFactory: async (vault: { read(): Record<string, string> }) => ({
          secrets: await Promise.resolve(vault.read()),
        }),
      }),
    ]);
    const config = app.get(AppConfig);
    expect(config.STRIPE_KEY).toBe('from-the-vault');
    expect(config.explain().find(({ name }) => name === 'STRIPE_KEY')).toMatchObject({
      origin: 'application',
      value: '[redacted]',
    });
  });

  it('with a misspelt name get a suggestion', async () => {
    const starting = Test.createTestingModule({
      imports: [
        ProductionConfigModule.forRootAsync({
          env: {},
          useFactory: () => ({ secrets: { SECRET_KYE: SECRET_KEY } }),
        }),
      ],
    }).compile();
    await expect(starting).rejects.toThrow('SECRET_KYE is set: did you mean SECRET_KEY?');
  });

  it('are validated like other secrets', async () => {
    const starting = Test.createTestingModule({
      imports: [
        ProductionConfigModule.forRootAsync({ env, useFactory: () => ({ secrets: { SECRET_KEY: 'weak' } }) }),
      ],
    }).compile();
    await expect(starting).rejects.toThrow(/SECRET_KEY +is too short.*from application/);
  });
});

describe('ConfigService', () => {
  const starting = () => start([ProductionConfigModule.forRoot({ config: AppConfig, env })]);

  it('returns the typed values', async () => {
    const service = (await starting()).app.get(ConfigService);
    expect(service.get('PAGE_SIZE')).toBe(20);
    expect(service.getOrThrow('SECRET_KEY')).toBe(SECRET_KEY);
    expect(service.get('ORIGINS')).toEqual(['a.org', 'b.org']);
    expect(service.get('ORIGINS.1')).toBe('b.org');
    expect(service.get('ORIGINS[1]')).toBe('b.org');
    expect(service.get('STRIPE_KEY')).toBeUndefined();
    expect(service.get('STRIPE_KEY', 'fallback')).toBe('fallback');
    expect(service.get('STRIPE_KEY', { infer: true })).toBeUndefined();
    expect(() => service.getOrThrow('STRIPE_KEY')).toThrow('STRIPE_KEY');
  });

  it('ignores process.env', async () => {
    process.env['STRIPE_KEY'] = 'later';
    onTestFinished(() => {
      delete process.env['STRIPE_KEY'];
    });
    const service = (await starting()).app.get(ConfigService);
    expect(service.get('STRIPE_KEY')).toBeUndefined();
  });

  it('refuses to change a declared setting, and lets Nest handle other names', async () => {
    const service = (await starting()).app.get(ConfigService);
    for (const path of ['PAGE_SIZE', 'PAGE_SIZE.x', 'PAGE_SIZE[0]']) {
      expect(() => service.set(path, 1)).toThrow('PAGE_SIZE');
    }
    expect(service.get('PAGE_SIZE')).toBe(20);
    service.set('feature.flag', true);
    onTestFinished(() => {
      delete process.env['feature.flag'];
    });
    expect(service.get('feature.flag')).toBe(true);
  });

  it('does not show secrets', async () => {
    const service = (await starting()).app.get(ConfigService);
    for (const shown of [
      JSON.stringify(service),
      inspect(service, { depth: 9, showHidden: true }),
      inspect({ ...service }),
    ]) {
      expect(shown).not.toContain(SECRET_KEY);
    }
  });

  it('returns namespaces of ConfigModule.forFeature() in addition to the typed values', async () => {
    const database = registerAs('database', () => ({ host: 'db.example.org' }));
    @Injectable()
    class Repository {
      readonly seen: unknown[];
      constructor(service: ConfigService) {
        this.seen = [service.get('database.host'), service.get('PAGE_SIZE')];
      }
    }
    @Module({ imports: [ConfigModule.forFeature(database)], providers: [Repository] })
    class RepositoryModule {}
    const { app, logger } = await start([
      RepositoryModule,
      ProductionConfigModule.forRoot({ config: AppConfig, env }),
    ]);
    expect(app.get(Repository).seen).toEqual(['db.example.org', 20]);
    expect(logger.of('warn')).toEqual([]);
  });

  it('does not change process.env', async () => {
    const before = { ...process.env };
    await starting();
    expect({ ...process.env }).toEqual(before);
  });
});
