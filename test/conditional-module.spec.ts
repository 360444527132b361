import { type DynamicModule, Injectable, Module, type Type } from '@nestjs/common';
import { ConditionalModule, ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import Joi from 'joi';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  ConfigError,
  Env,
  ProductionConfig,
  ProductionConfigModule,
  type ProductionConfigAsyncOptions,
  type ProductionConfigOptions,
  Secret,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

class AppConfig extends ProductionConfig {
  @Env(Joi.boolean().default(false))
  readonly USE_MAIL!: boolean;

  @Env(Joi.array<string[]>().items(Joi.string()).default(['eu']))
  readonly REGIONS!: readonly string[];

  @Env(Joi.number().default(5))
  readonly WORKERS!: number;

  @Secret(Joi.string().optional())
  readonly MAIL_KEY?: string;
}

const base = { NODE_ENV: 'production', SECRET_KEY };

@Injectable()
class Mailer {}
@Module({ providers: [Mailer], exports: [Mailer] })
class MailModule {}

type Condition = Parameters<typeof ConditionalModule.registerWhen>[1];
type Env = NodeJS.ProcessEnv;

const mailWhen = (condition: Condition) => ConditionalModule.registerWhen(MailModule, condition);
const root = (options: ProductionConfigOptions) =>
  ProductionConfigModule.forRoot({ config: AppConfig, ...options });

/** Two applications with a conditional MailModule: imported before the root module and after it. */
function applications(
  condition: Condition,
  make: () => DynamicModule | Promise<DynamicModule>,
): readonly Type[] {
  @Module({ imports: [mailWhen(condition), make()] })
  class ConditionFirst {}
  @Module({ imports: [make(), mailWhen(condition)] })
  class RootFirst {}
  return [ConditionFirst, RootFirst];
}

async function hasMail(module: Type): Promise<boolean> {
  const logger = new RecordingLogger();
  const app = await NestFactory.createApplicationContext(module, { logger, abortOnError: false });
  onTestFinished(() => app.close());
  try {
    app.get(Mailer);
    return true;
  } catch {
    return false;
  }
}

describe("a condition of Nest's ConditionalModule", () => {
  it.each([
    ['a default', {}, 'USE_MAIL', false],
    ['a value as text', { USE_MAIL: 'on' }, 'USE_MAIL', true],
    ['a spelling of false', { USE_MAIL: ' No ' }, 'USE_MAIL', false],
    ['a blank value as unset', { MAIL_KEY: ' ' }, (env: Env) => 'MAIL_KEY' in env, false],
    ['a secret', { MAIL_KEY: 'k' }, (env: Env) => env['MAIL_KEY'] === 'k', true],
    ['a number', { WORKERS: '07' }, (env: Env) => env['WORKERS'] === '7', true],
    ['a list', { REGIONS: ' a , b' }, (env: Env) => env['REGIONS'] === 'a,b', true],
    ['the default of a list', {}, (env: Env) => env['REGIONS'] === 'eu', true],
    ['an undeclared variable', { OTHER: ' x' }, (env: Env) => env['OTHER'] === ' x', true],
  ])('reads %s', async (_what, set, condition, expected) => {
    for (const module of applications(condition, () => root({ env: { ...base, ...set } }))) {
      expect(await hasMail(module)).toBe(expected);
    }
  });

  it('reads .env, and does not change process.env', async () => {
    const envFile = join(mkdtempSync(join(tmpdir(), 'conditional-')), '.env');
    writeFileSync(envFile, 'USE_MAIL=yes\n');
    const before = { ...process.env };
    const set = { ...base, NODE_ENV: 'staging' };
    for (const module of applications('USE_MAIL', () => root({ env: set, envFile }))) {
      expect(await hasMail(module)).toBe(true);
    }
    expect({ ...process.env }).toEqual(before);
  });

  it('reads the values that loadOrExit() loaded', async () => {
    class Booted extends AppConfig {}
    Booted.loadOrExit({ ...base, USE_MAIL: 'yes' });
    for (const module of applications('USE_MAIL', () => root({ config: Booted }))) {
      expect(await hasMail(module)).toBe(true);
    }
  });

  it('is evaluated for each application, with its own settings', async () => {
    const mailing = applications('USE_MAIL', () => root({ env: { ...base, USE_MAIL: 'yes' } }));
    const silent = applications('USE_MAIL', () => root({ env: { ...base, USE_MAIL: 'no' } }));
    for (const module of [...mailing, ...silent, ...mailing]) {
      expect(await hasMail(module)).toBe(mailing.includes(module));
    }
  });

  it('is evaluated again when the same application starts again', async () => {
    const env: Record<string, string> = { ...base };
    const modules = applications('USE_MAIL', () => root({ env }));
    for (const text of ['yes', 'no', 'yes']) {
      env['USE_MAIL'] = text;
      for (const module of modules) expect(await hasMail(module)).toBe(text === 'yes');
    }
  });

  it('is evaluated when Nest starts, not when a file is loaded', async () => {
    let asked = 0;
    const modules = applications(
      () => asked++ >= 0,
      () => root({ env: base }),
    );
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(0);
    expect(await hasMail(modules[0]!)).toBe(true);
    expect(asked).toBeGreaterThan(0);
  });

  it('exports the module that it registers in a feature module, dynamic or as a forward reference', async () => {
    const dynamic = { module: MailModule, global: false };
    for (const module of [dynamic, { forwardRef: () => MailModule }]) {
      const conditional = ConditionalModule.registerWhen(module, 'USE_MAIL');
      @Injectable()
      class Orders {
        constructor(readonly mailer: Mailer) {}
      }
      @Module({ imports: [conditional], providers: [Orders] })
      class OrdersModule {}
      @Module({ imports: [OrdersModule, root({ env: { ...base, USE_MAIL: 'yes' } })] })
      class AppModule {}
      expect(await hasMail(AppModule)).toBe(true);
    }
  });

  it('logs at debug level which module is not registered, unless this is turned off', async () => {
    const quiet = ConditionalModule.registerWhen(MailModule, 'USE_MAIL', { debug: false });
    const told = ConditionalModule.registerWhen(MailModule, 'USE_MAIL');
    @Module({ imports: [quiet, told, root({ env: base })] })
    class AppModule {}
    const logger = new RecordingLogger();
    const app = await NestFactory.createApplicationContext(AppModule, { logger });
    onTestFinished(() => app.close());
    expect(logger.of('debug').filter((text) => text.includes('MailModule'))).toEqual([
      expect.stringContaining('MailModule is not registered: its condition does not hold'),
    ]);
  });

  it('warns if it registers a module because of a variable that .env alone may have', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'conditional-')), '.env');
    writeFileSync(file, 'USE_SMS=false\nUSE_MAIL=yes\n');
    const warningsFor = async (condition: string, env: Record<string, string> = {}) => {
      const logger = new RecordingLogger();
      const make = () => root({ env: { ...base, NODE_ENV: 'test', ...env }, envFile: file });
      const app = await NestFactory.createApplicationContext(applications(condition, make)[0]!, {
        logger,
        abortOnError: false,
      });
      await app.close();
      return logger.of('warn').filter((text) => text.includes('MailModule'));
    };
    expect(await warningsFor('USE_SMS')).toEqual([
      expect.stringContaining(
        'MailModule is registered because USE_SMS is unset in the environment. AppConfig does not declare USE_SMS, so a value in .env is not read: declare it',
      ),
    ]);
    expect(await warningsFor('USE_SMS', { USE_SMS: 'true' })).toEqual([]);
    expect(await warningsFor('USE_MAIL')).toEqual([]);
  });

  it('reads the checked values, and variables that stock ConfigModule.forRoot() adds to process.env', async () => {
    const envFilePath = join(mkdtempSync(join(tmpdir(), 'conditional-')), '.env');
    writeFileSync(envFilePath, 'CONDITIONAL_FLAG=set\nUSE_MAIL=yes\n');
    onTestFinished(() => {
      delete process.env['CONDITIONAL_FLAG'];
      delete process.env['USE_MAIL'];
    });
    class Stocked extends AppConfig {}
    process.env['SECRET_KEY'] = SECRET_KEY;
    onTestFinished(() => {
      delete process.env['SECRET_KEY'];
    });
    const condition = (env: Env) => env['CONDITIONAL_FLAG'] === 'set' && env['USE_MAIL'] === 'true';
    for (const module of applications(condition, () => root({ config: Stocked }))) {
      @Module({ imports: [ConfigModule.forRoot({ envFilePath }), module] })
      class AppModule {}
      expect(await hasMail(AppModule)).toBe(true);
    }
  });
});

describe('a condition with an invalid configuration', () => {
  it.each([
    ['a flag', 'USE_MAIL'],
    ['a condition that throws on a missing variable', (env: Env) => env['MISSING']!.length > 0],
  ])('fails the boot with the report: %s', async (_what, condition) => {
    for (const module of applications(condition, () => root({ env: { USE_MAIL: 'maybe' } }))) {
      await expect(hasMail(module)).rejects.toBeInstanceOf(ConfigError);
    }
  });

  it('reads the raw text of invalid settings if a test replaces the configuration', async () => {
    const [module] = applications('USE_MAIL', () => root({ env: { USE_MAIL: 'false' } }));
    const testing = await Test.createTestingModule({ imports: [module!] })
      .overrideProvider(AppConfig)
      .useValue(AppConfig.load(base))
      .compile();
    expect(() => testing.get(Mailer)).toThrow('Mailer');
    await testing.close();
  });
});

describe('a condition with forRootAsync()', () => {
  const fetching = (secrets: Record<string, string>, env = {}) =>
    ProductionConfigModule.forRootAsync({
      config: AppConfig,
      env,
      useFactory: async () => ({ secrets: await Promise.resolve({ SECRET_KEY, ...secrets }) }),
    } satisfies ProductionConfigAsyncOptions);

  it('reads every source except fetched secrets', async () => {
    for (const module of applications('USE_MAIL', () => fetching({}, { ...base, USE_MAIL: 'no' }))) {
      expect(await hasMail(module)).toBe(false);
    }
  });

  it('is rejected if it depends on a fetched secret', async () => {
    const condition = (env: Env) => env['MAIL_KEY'] !== undefined;
    for (const module of applications(condition, () => fetching({ MAIL_KEY: 'k' }))) {
      await expect(hasMail(module)).rejects.toMatchObject({
        code: 'ERR_CONFIG_DEFINITION',
        message: expect.stringContaining('did not register MailModule') as string,
      });
    }
  });
});

describe('ProductionConfigModule.registerWhen()', () => {
  const applicationsWhen = (holds: (config: AppConfig) => boolean, make: () => DynamicModule): Type[] => {
    const mail = () => ProductionConfigModule.registerWhen(MailModule, holds);
    @Module({ imports: [mail(), make()] })
    class ConditionFirst {}
    @Module({ imports: [make(), mail()] })
    class RootFirst {}
    return [ConditionFirst, RootFirst];
  };
  const hasWorkers = ({ USE_MAIL, WORKERS }: AppConfig) => USE_MAIL && WORKERS > 6;

  it.each([
    [{ USE_MAIL: 'yes', WORKERS: '7' }, true],
    [{ USE_MAIL: 'yes' }, false],
    [{ WORKERS: '7' }, false],
  ])('decides by the checked values of %o', async (set, expected) => {
    for (const module of applicationsWhen(hasWorkers, () => root({ env: { ...base, ...set } }))) {
      expect(await hasMail(module)).toBe(expected);
    }
  });

  it('reads nothing until Nest starts, and then each time', async () => {
    const env: Record<string, string> = { ...base };
    let asked = 0;
    const condition = ({ USE_MAIL }: AppConfig) => asked++ >= 0 && USE_MAIL;
    const modules = applicationsWhen(condition, () => root({ env }));
    await new Promise((resolve) => setImmediate(resolve));
    expect(asked).toBe(0);
    for (const text of ['yes', 'no']) {
      env['USE_MAIL'] = text;
      for (const module of modules) expect(await hasMail(module)).toBe(text === 'yes');
    }
  });

  it('fails with the report if the environment is invalid', async () => {
    const condition = ({ REGIONS }: AppConfig) => REGIONS.some((region) => region === 'eu');
    for (const module of applicationsWhen(condition, () => root({ env: { ...base, WORKERS: 'many' } }))) {
      await expect(hasMail(module)).rejects.toBeInstanceOf(ConfigError);
    }
  });

  it('does not start if the secrets that are fetched change the result', async () => {
    const fetching = () =>
      ProductionConfigModule.forRootAsync({
        config: AppConfig,
        env: { NODE_ENV: 'production' },
        useFactory: () => ({ secrets: { SECRET_KEY, MAIL_KEY: 'k' } }),
      });
    for (const module of applicationsWhen((config) => config.MAIL_KEY !== undefined, fetching)) {
      await expect(hasMail(module)).rejects.toMatchObject({
        code: 'ERR_CONFIG_DEFINITION',
        message: expect.stringContaining(
          'ProductionConfigModule.registerWhen() did not register MailModule',
        ) as string,
      });
    }
    for (const module of applicationsWhen((config) => config.WORKERS === 5, fetching)) {
      expect(await hasMail(module)).toBe(true);
    }
  });
});

describe('ConfigModule.envVariablesLoaded', () => {
  it('is resolved by forRoot() and by forRootAsync()', async () => {
    root({ env: base });
    await ConfigModule.envVariablesLoaded;
    @Module({
      providers: [{ provide: 'WAITED', useFactory: () => ConfigModule.envVariablesLoaded.then(() => true) }],
    })
    class WaitingModule {}
    const waiting = async (): Promise<DynamicModule> => {
      await ConfigModule.envVariablesLoaded;
      return { module: WaitingModule };
    };
    @Module({ imports: [waiting(), root({ env: base })] })
    class AppModule {}
    const app = await NestFactory.createApplicationContext(AppModule, { logger: false });
    onTestFinished(() => app.close());
    expect(app.get('WAITED')).toBe(true);
  });
});
