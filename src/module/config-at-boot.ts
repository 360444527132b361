import { ConsoleLogger, type LogLevel, Logger, type LoggerService } from '@nestjs/common';
import {
  BaseConfig,
  type ConfigClass,
  ConfigDefinitionError,
  ProductionConfig,
  bootedInstanceOf,
  createInstance,
  inspectConfig,
  isStartupError,
  loadConfig,
  printReport,
} from '../config/index.js';
import type { ApplicationSecrets, ProductionConfigOptions } from './production-config.options.js';
import { NestFactory } from '@nestjs/core';

/** Checks the result of the factory of `forRootAsync` at run time. */
export function secretsOf(fetched: unknown): ApplicationSecrets['secrets'] {
  const { secrets } = (fetched ?? {}) as Partial<ApplicationSecrets>;
  if (typeof secrets !== 'object' || secrets === null || secrets instanceof Map) {
    throw new ConfigDefinitionError(
      'the factory of forRootAsync must return { secrets }, an object that maps names of settings to strings',
    );
  }
  return secrets;
}

/** The configuration of an application: the instance of an earlier `loadOrExit()`, or loaded now. */
export function loadAtBoot(
  options: ProductionConfigOptions,
  secrets: ApplicationSecrets['secrets'] | undefined,
): BaseConfig {
  const config = classOf(options);
  const given = loadOptionsIn(options);
  const booted = secrets === undefined ? bootedOf(options) : undefined;
  if (booted !== undefined) {
    const ignored = Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [name]));
    if (ignored.length > 0) {
      new Logger('ProductionConfigModule').warn(
        `forRoot({ ${ignored.join(', ')} }) has no effect after ${config.name}.loadOrExit(): pass these options there`,
      );
    }
    return booted;
  }
  try {
    return loadConfig(config, { ...given, env: options.env, secrets });
  } catch (error) {
    // If Nest's logger is off, nothing else would say why the process ends.
    if (isStartupError(error) && !printsErrors()) printReport(error);
    throw error;
  }
}

/**
 * The configuration before the application has fetched its secrets, which are missing then. A setting with a problem has
 * its raw text.
 */
export function configBeforeBoot(options: ProductionConfigOptions, fetchesSecrets: boolean): BaseConfig {
  const booted = fetchesSecrets ? undefined : bootedOf(options);
  if (booted !== undefined) return booted;
  const config = classOf(options);
  return createInstance(config, inspectConfig(config, { ...loadOptionsIn(options), env: options.env }));
}

function loadOptionsIn({ envFile, expand, secretsDir, settingsDir }: ProductionConfigOptions) {
  return { envFile, expand, secretsDir, settingsDir };
}

function bootedOf(options: ProductionConfigOptions): BaseConfig | undefined {
  return options.env === undefined
    ? (bootedInstanceOf(classOf(options)) as BaseConfig | undefined)
    : undefined;
}

function classOf(options: ProductionConfigOptions): ConfigClass<BaseConfig> {
  const { config = ProductionConfig } = options;
  if ('config' in options && options.config === undefined) {
    throw new ConfigDefinitionError(
      'forRoot({ config }) got undefined: check for a circular import between this file and that of the class',
    );
  }
  if (config !== BaseConfig && !(config.prototype instanceof BaseConfig)) {
    throw new ConfigDefinitionError(
      'forRoot({ config }) must be a class that extends BaseConfig of this copy of nestjs-production-config: ' +
        'npm ls nestjs-production-config shows whether there is another one',
    );
  }
  return config;
}

interface NestsLogger {
  readonly staticInstanceRef?: LoggerService;
  readonly logLevels?: readonly LogLevel[];
  readonly isBufferAttached?: boolean;
}

/**
 * Whether Nest prints errors. `Logger.isLevelEnabled` of Nest 11 is not enough: it returns false until levels are set,
 * and ignores `logger: false` and the levels of the logger instance. Buffered logs without auto-flush are never printed.
 */
function printsErrors(): boolean {
  const { staticInstanceRef: logger, logLevels, isBufferAttached } = Logger as unknown as NestsLogger;
  const { autoFlushLogs } = NestFactory as unknown as { readonly autoFlushLogs?: boolean };
  if (logger === undefined || (isBufferAttached === true && autoFlushLogs === false)) return false;
  if (logger instanceof ConsoleLogger) return logger.isLevelEnabled('error');
  return logLevels === undefined || Logger.isLevelEnabled('error');
}
