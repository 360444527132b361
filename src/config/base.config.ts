import type { LogLevel } from '@nestjs/common';
import { BaseSettings } from './base.settings.js';
import {
  CACHE_FIELDS,
  type CacheConfig,
  type CacheCredentials,
  cacheConfigOf,
  checkCacheConfig,
} from './cache.config.js';
import type { Check } from './model/check.js';
import { loadConfigOrExit } from './load/config.boot.js';
import type { ConfigClass, Environment, LoadOptions } from './model/config-class.js';
import { refuseConstruction, stateOf } from './load/config.instance.js';
import { loadConfig } from './load/load-config.js';
import { DATABASE_FIELDS, type DatabaseConfig, databaseConfig } from './database.config.js';
import { type ExplainedSetting, explainSettings, visibleValues } from './load/explained-setting.js';
import { LOG_LEVELS } from './rules/log-level.js';
import { PickedConfig } from './picked.config.js';
import { showRedacted } from './model/redaction.js';
import { declareReads } from './model/setting.registry.js';

/**
 * The settings that every environment shares, with their defaults. Extend ProductionConfig for a service;
 * extend this class only for an environment that must not be hardened.
 *
 * @example
 * ```ts
 * export class DemoConfig extends BaseConfig {
 *   @Env(duration('s').default(3600), { about: 'How long a demo lasts' })
 *   readonly DEMO_SECONDS!: number;
 * }
 * ```
 */
export class BaseConfig extends BaseSettings {
  /** Classes by environment name. Their rules override this class's if NODE_ENV in the real environment is that name. */
  static readonly environments: Readonly<Record<string, ConfigClass>> = {};

  /**
   * The checks of the application. A class that extends another one replaces them: `[...super.checks, defineCheck(…)]` adds
   * one. Those of a class in `environments` are not used. Default: none.
   */
  static readonly checks: readonly Check[] = [];

  /**
   * Warnings that are not counted and not logged, by their id or `<id>:<setting>`, with the reason. A class that extends
   * another one replaces them, as with `checks`. Default: none.
   *
   * @example
   * ```ts
   * export class AppConfig extends ProductionConfig {
   *   static override readonly silences = { 'insecure-connection:DATABASE_URL': 'on the private network' };
   * }
   * ```
   */
  static readonly silences: Readonly<Record<string, string>> = {};

  constructor() {
    super();
    refuseConstruction(new.target);
  }

  /**
   * Reads and checks the environment and returns the frozen instance.
   *
   * @param env replaces the environment of the process; then a `.env` file is read only if `envFile` names one
   * @throws ConfigError with every problem at once
   */
  static load<T extends BaseConfig>(this: ConfigClass<T>, env?: Environment, options: LoadOptions = {}): T {
    return loadConfig(this, { env, ...options });
  }

  /**
   * Like `load()`, for `main.ts`: if the environment is invalid, the report goes to stderr and the process ends with
   * exit code 78 (EX_CONFIG of sysexits.h), before any module opens a connection. The module uses this instance. Under
   * Vitest, Jest or Node's test runner the error is thrown instead.
   */
  static loadOrExit<T extends BaseConfig>(
    this: ConfigClass<T>,
    env?: Environment,
    options: LoadOptions = {},
  ): T {
    return loadConfigOrExit(this, { env, ...options });
  }

  /**
   * Some of the settings, for what needs no more: a data source, a migration, a script. SECRET_KEY, for example, is not
   * needed then. Methods of the class may be picked, too, and read picked settings; `getDatabaseConfig` and
   * `getCacheConfig` bring the settings that they read.
   *
   * @example
   * ```ts
   * const { DATABASE_URL } = AppConfig.pick('DATABASE_URL').load();
   * ```
   */
  static pick<T extends BaseConfig, const K extends keyof T & string>(
    this: ConfigClass<T>,
    ...fields: readonly K[]
  ): PickedConfig<Readonly<Pick<T, K>>> {
    return new PickedConfig(this, fields);
  }

  /**
   * The cache's limits. To compute them at run time, override `buildCacheConfig`.
   *
   * @throws ConfigDefinitionError if an override removes a limit
   */
  getCacheConfig(): CacheConfig {
    return checkCacheConfig(this.buildCacheConfig(), this.constructor.name);
  }

  /** The hook behind `getCacheConfig`: return `{ ...super.buildCacheConfig(), maxEntries: 1_000 }`, for example. */
  buildCacheConfig(): CacheConfig {
    const isOverridden = this.buildCacheCredentials !== BaseConfig.prototype.buildCacheCredentials;
    return {
      ...cacheConfigOf(this),
      ...(isOverridden ? { credentials: async () => this.buildCacheCredentials() } : {}),
    };
  }

  /**
   * The hook for a shared Redis or Valkey whose password expires: it is called before each connection, and may take 4 s. If
   * it fails, the connection attempt fails, and is repeated. Default: undefined, for the account in CACHE_URL.
   *
   * @example
   * ```ts
   * import { readFile } from 'node:fs/promises';
   *
   * export class AppConfig extends ProductionConfig {
   *   override async buildCacheCredentials() {
   *     return { user: 'orders', password: (await readFile('/run/agent/cache-password', 'utf8')).trim() };
   *   }
   * }
   * ```
   */
  buildCacheCredentials(): CacheCredentials | undefined | Promise<CacheCredentials | undefined> {
    return undefined;
  }

  /**
   * The options for `new Pool()` of pg.
   *
   * @throws ConfigError if neither DATABASE_URL nor DATABASE_HOST is set, or if pg would misread the URL
   */
  getDatabaseConfig(): DatabaseConfig {
    return databaseConfig(this);
  }

  /** LOG_LEVEL and everything more severe, for `NestFactory.create(AppModule, { logger })`. */
  getLogLevels(): LogLevel[] {
    return LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(this.LOG_LEVEL) + 1);
  }

  /** Every setting with its value (redacted if secret) and its origin. */
  explain(): readonly ExplainedSetting[] {
    return explainSettings(stateOf(this));
  }

  /** Every setting that is set; secrets redacted. */
  toJSON(): Record<string, unknown> {
    return visibleValues(stateOf(this));
  }

  static {
    showRedacted(this);
    declareReads(this, { getDatabaseConfig: DATABASE_FIELDS, getCacheConfig: CACHE_FIELDS });
  }
}
