import { ConsoleLogger, type INestApplicationContext, type LoggerService, Module } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { expect, vi } from 'vitest';
import { ConfigError, KeyRing, ProductionConfigModule } from 'nestjs-production-config';
import { ServiceConfig } from '../fixtures/leaks/service.config.js';
import type { Site } from './canary.environment.js';
import { collect, outputsOf, outputsOfError, type Outputs, viewsOf } from './canary.outputs.js';

/** Loads the configuration of a site and collects all outputs of the result. */
export function load({ env, envFile }: Site) {
  try {
    const outputs = outputsOfInstance(ServiceConfig.load(env, { envFile }));
    const part = ServiceConfig.pick('vault', 'STRIPE_KEY').load(env, { envFile });
    return { outcome: 'loaded', outputs: new Map([...outputs, ...outputsOf('a part', part)]) } as const;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return { outcome: 'refused', outputs: outputsOfError('the error of load()', error) } as const;
  }
}

/** The same for an application, including its log and standard streams. */
export async function boot({ env, envFile, secrets }: Site, loggerFor: (outputs: Outputs) => LoggerService) {
  const outputs: Outputs = new Map();
  const streams = (['stdout', 'stderr'] as const).map((name) =>
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      outputs.set(`${name} ${outputs.size}`, text);
      return true;
    }),
  );
  const options = { config: ServiceConfig, env, envFile, useFactory: () => ({ secrets }) };
  @Module({ imports: [ProductionConfigModule.forRootAsync(options)] })
  class AppModule {}
  try {
    const logger = loggerFor(outputs);
    const app = await NestFactory.createApplicationContext(AppModule, { logger, abortOnError: false });
    let seen: Outputs;
    try {
      seen = outputsOfApplication(app);
    } finally {
      await app.close();
    }
    return { outcome: 'started', outputs: new Map([...outputs, ...seen]) } as const;
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    const seen = outputsOfError('the error of the boot', error);
    return { outcome: 'ended', outputs: new Map([...outputs, ...seen]) } as const;
  } finally {
    for (const stream of streams) stream.mockRestore();
  }
}

const LEVELS = ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'] as const;
const ALL = { logLevels: [...LEVELS] };

/** Loggers of every kind; their output to the streams is recorded. */
export const LOGGERS: Readonly<Record<string, (outputs: Outputs) => LoggerService>> = {
  text: () => new ConsoleLogger({ ...ALL, colors: true }),
  json: () => new ConsoleLogger({ ...ALL, json: true }),
  'json on several lines': () => new ConsoleLogger({ ...ALL, json: true, compact: false }),
  'of the application': recordingLogger,
};

/** Records all outputs of everything that is logged at any level. */
function recordingLogger(outputs: Outputs): LoggerService {
  const record = (level: string, parts: readonly unknown[]) => {
    for (const part of parts) {
      for (const [how, output] of outputsOfError(`${level}(${outputs.size})`, part)) outputs.set(how, output);
    }
  };
  const levels = LEVELS.map((level) => [level, (...parts: unknown[]) => record(level, parts)]);
  return Object.fromEntries(levels) as never;
}

function outputsOfApplication(app: INestApplicationContext): Outputs {
  const service = app.get(ConfigService);
  const outputs = new Map([
    ...outputsOfInstance(app.get(ServiceConfig)),
    ...outputsOf('ConfigService', service),
    ...outputsOf('the KeyRing of the module', app.get(KeyRing)),
  ]);
  collect(outputs, 'ConfigService, set', () => service.set('STRIPE_KEY', 'x'));
  collect(outputs, 'ConfigService, absent', () => service.getOrThrow('STRIPE_KEY.absent'));
  return outputs;
}

/** Outputs that read the properties of an object instead of its view. */
const ASKING = /"getters":true,"customInspect":false|table$|getters$|assertion$/;

function outputsOfInstance(config: ServiceConfig): Outputs {
  const keys = new KeyRing(config);
  const jwt = keys.jwtOptions({ legacy: { secrets: [config.SECRET_KEY] } });
  const outputs: Outputs = new Map([
    ...outputsOf('the configuration', config),
    ...outputsOf('the cache configuration', config.getCacheConfig()),
    ...outputsOf('a group', config.vault ?? {}),
    ...outputsOf('explain()', config.explain()),
    ...outputsOf('the key ring', keys),
    ...outputsOf('the options for JWT', jwt),
    ...outputsOf('a key', jwt.secretOrKeyProvider(0, {})),
    ...outputsOf('the keygrip', keys.keygrip('cookies')),
  ]);
  collect(outputs, 'signing for no purpose', () => keys.sign('', 'data'));
  collect(outputs, 'signing no data', () => keys.sign('links', {} as Uint8Array));
  collect(outputs, 'what is made of the keys', () => [keys.sign('links', 'data'), keys.secrets('session')]);
  if (config.DATABASE_URL === undefined && config.DATABASE_HOST === undefined) {
    collect(outputs, 'no database', () => config.getDatabaseConfig());
  } else {
    // It is meant to be copied, so its properties contain the connection string or the password.
    for (const [how, output] of viewsOf('the database', config.getDatabaseConfig())) {
      if (!ASKING.test(how)) outputs.set(how, output);
    }
  }
  return outputs;
}
