import { Module } from '@nestjs/common';
import { JwtModule, JwtService } from '@nestjs/jwt';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  BaseConfig,
  ConfigError,
  DevelopmentConfig,
  Env,
  KeyRing,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
} from 'nestjs-production-config';
import { testConfig, testEnv } from 'nestjs-production-config/testing';
import { SECRET_KEY } from './support/keys.js';

class AppConfig extends ProductionConfig {
  static override readonly environments = { development: DevelopmentConfig };

  @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
  readonly INVOICE_URL!: string;

  @Secret(Joi.string().min(20).optional())
  readonly STRIPE_KEY?: string;
}

@Module({ imports: [ProductionConfigModule.forRoot({ config: AppConfig })] })
class AppModule {}

const INVOICE_URL = 'https://invoices.example.org';

afterEach(() => vi.unstubAllEnvs());

describe('testConfig', () => {
  it('starts an application without an environment, in one line', async () => {
    vi.stubEnv('SECRET_KEY', undefined);
    await expect(Test.createTestingModule({ imports: [AppModule] }).compile()).rejects.toThrow(ConfigError);

    const testing = await Test.createTestingModule({ imports: [AppModule] })
      .overrideProvider(AppConfig)
      .useValue(testConfig(AppConfig, { INVOICE_URL, PAGE_SIZE: '2' }))
      .compile();
    const app = await testing.createNestApplication().init();
    onTestFinished(() => app.close());
    expect(app.get(AppConfig)).toMatchObject({ NODE_ENV: 'test', PAGE_SIZE: 2, INVOICE_URL });
    expect(app.get(BaseConfig)).toBe(app.get(AppConfig));
    expect(app.get(KeyRing).verify('invitation', 'ada', app.get(KeyRing).sign('invitation', 'ada'))).toBe(
      'current',
    );
  });

  it('does not read the environment or the files of the machine', () => {
    const folder = mkdtempSync(join(tmpdir(), 'machine-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const before = process.cwd();
    onTestFinished(() => process.chdir(before));
    process.chdir(folder);
    writeFileSync('.env', 'PAGE_SIZE=11\nSTRIPE_KEY=sk_test_of_the_env_file_1234\n');
    writeFileSync('STRIPE_KEY', 'sk_test_of_a_mounted_file_1234');
    vi.stubEnv('NODE_ENV', 'development');
    vi.stubEnv('SECRET_KEY', SECRET_KEY);
    vi.stubEnv('PORT', '4711');
    vi.stubEnv('DEBUG', 'express:*');
    vi.stubEnv('SECRETS_DIR', folder);
    vi.stubEnv('CREDENTIALS_DIRECTORY', folder);

    const config = testConfig(AppConfig, { INVOICE_URL });
    expect(config).toMatchObject({ NODE_ENV: 'test', PORT: 3000, PAGE_SIZE: 100, DEBUG: false });
    expect(config.STRIPE_KEY).toBeUndefined();
    expect(config.SECRET_KEY).not.toBe(SECRET_KEY);
    const origins = config.explain().map(({ name, origin }) => [name, origin]);
    expect(Object.fromEntries(origins)).toMatchObject({ PAGE_SIZE: 'default', INVOICE_URL: 'environment' });
  });

  it('reports each required setting that the test did not pass', () => {
    const refused = () => testConfig(AppConfig, { STRIPE_KEY: 'short' });
    expect(refused).toThrow(ConfigError);
    expect(refused).toThrow(/INVOICE_URL +is missing/);
    expect(refused).toThrow(/STRIPE_KEY +/);
    expect(refused).not.toThrow(/SECRET_KEY/);
  });

  it('applies the rules of the environment that the test selects', () => {
    const production = testConfig(AppConfig, { INVOICE_URL, NODE_ENV: 'production' });
    expect(production.NODE_ENV).toBe('production');
    expect(() => testConfig(AppConfig, { INVOICE_URL, DEBUG: 'true' })).toThrow(/DEBUG/);
    expect(testConfig(AppConfig, { INVOICE_URL, DEBUG: 'true', NODE_ENV: 'development' }).DEBUG).toBe(true);
  });
});

describe('testEnv', () => {
  it('lets one application of a test accept tokens of another', async () => {
    const start = async () => {
      const jwt = JwtModule.registerAsync({
        inject: [KeyRing],
        useFactory: (keys: KeyRing) => keys.jwtOptions(),
      });
      const imports = [ProductionConfigModule.forRoot({ env: testEnv() }), jwt];
      const testing = await Test.createTestingModule({ imports }).compile();
      onTestFinished(() => testing.close());
      return testing.get(JwtService);
    };
    const [one, other] = [await start(), await start()];
    await expect(other.verifyAsync(await one.signAsync({ sub: 'ada' }))).resolves.toMatchObject({
      sub: 'ada',
    });
  });

  it('is frozen, and passed variables take precedence', () => {
    const env = testEnv({ SECRET_KEY, NODE_ENV: undefined });
    expect(Object.isFrozen(env)).toBe(true);
    expect(env).toEqual({ SECRET_KEY, NODE_ENV: undefined });
    expect(ProductionConfig.load(testEnv({ PAGE_SIZE: '20' })).PAGE_SIZE).toBe(20);
  });

  it('has a random key that stays the same within a process', async () => {
    const mine = testEnv()['SECRET_KEY'];
    vi.resetModules();
    const again = await import('nestjs-production-config/testing');
    expect(again.testEnv()['SECRET_KEY']).not.toBe(mine);
    expect(testEnv()['SECRET_KEY']).toBe(mine);
  });

  it('is refused if NODE_ENV is production', () => {
    vi.stubEnv('NODE_ENV', 'production');
    expect(() => testEnv()).toThrow(expect.objectContaining({ code: 'ERR_CONFIG_DEFINITION' }));
    expect(() => testConfig(AppConfig, { INVOICE_URL })).toThrow(/NODE_ENV=test/);
  });
});
