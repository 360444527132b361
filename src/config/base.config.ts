import type { LogLevel } from '@nestjs/common';
import { inspect } from 'node:util';
import Joi from 'joi';
import { type CacheConfig, cacheConfigOf, checkedCacheConfig } from './cache.config.js';
import { loadConfigOrExit } from './load/config.boot.js';
import type { ConfigClass, Environment, LoadOptions } from './model/config-class.js';
import { refuseConstruction, stateOf } from './load/config.instance.js';
import { loadConfig } from './load/load-config.js';
import { type DatabaseConfig, databaseConfig } from './database.config.js';
import { type ExplainedSetting, explainedSettings, shownValues } from './load/explained-setting.js';
import { LOG_LEVELS } from './rules/log-level.js';
import { byteSize, cacheNamespace, cacheUrl, databaseUrl, logLevel, whole } from './rules/setting.rules.js';
import { inspectAs } from './model/redaction.js';
import { Env, Secret } from './model/setting.decorator.js';

/**
 * The settings that every environment shares, with their defaults. Extend ProductionConfig for a service;
 * extend this class only for an environment that must not be hardened.
 */
export class BaseConfig {
  /** Rules of other classes that are laid over this one's when NODE_ENV, in the real environment, has the name. */
  static readonly environments: Readonly<Record<string, ConfigClass>> = {};

  /** The environment's name. Default: unset. It chooses among `environments`, and anything but 'production' is named in a warning. */
  @Env(Joi.string().trim().optional(), { about: "The environment's name; 'production' when it is one" })
  readonly NODE_ENV?: string;

  /** The key from which all signatures and tokens are made: see KeyRing. Required; strong under ProductionConfig. Secret. */
  @Secret(Joi.string(), {
    about: 'The key from which signatures and tokens are made',
    fix: 'make one: npx nestjs-production-config keygen',
  })
  readonly SECRET_KEY!: string;

  /** Keys that verify beside SECRET_KEY while it is replaced: a list. Default: none. Secret. */
  @Secret(Joi.array<readonly string[]>().items(Joi.string()).default([]), {
    about: 'Keys that are accepted beside SECRET_KEY while it is replaced',
  })
  readonly SECRET_KEY_FALLBACKS!: readonly string[];

  /** Extra diagnostics. Default: false; refused under ProductionConfig. A pattern, which other tools read here, counts as true. */
  @Env(Joi.boolean().failover(true).default(false), { about: 'Extra diagnostics' })
  readonly DEBUG!: boolean;

  /** The least severe level that is logged; `info` is read as `log`, `trace` as `verbose`. Default: 'log'. */
  @Env(logLevel().default('log'), { about: 'The least severe level that is logged' })
  readonly LOG_LEVEL!: LogLevel;

  /** The port that the service listens on. Default: 3000. */
  @Env(Joi.number().port().default(3000), { about: 'The port the service listens on' })
  readonly PORT!: number;

  /** Rows on a page where the client asks for no number: 1 to 1000. Default: 100. */
  @Env(whole(1, 1000).default(100), { about: 'Rows on a page when the client asks for no number' })
  readonly PAGE_SIZE!: number;

  /** The most rows that a client can ask for: PAGE_SIZE to 1000. Default: PAGE_SIZE. */
  @Env(Joi.number().integer().min(Joi.ref('PAGE_SIZE')).max(1000).default(Joi.ref('PAGE_SIZE')), {
    about: 'The most rows a client can ask for',
    fix: 'it is never less than PAGE_SIZE: set both',
  })
  readonly MAX_PAGE_SIZE!: number;

  /** Seconds that an entry of the cache lives which has no ttl of its own. Default: 600. */
  @Env(whole(1, 365 * 24 * 3600).default(600), { about: 'Seconds a cached entry lives' })
  readonly CACHE_TTL_SECONDS!: number;

  /** The most entries in the cache of one process, less than the 2^24 of which a Map holds no more. Default: 4096. */
  @Env(whole(1, 2 ** 24 - 1).default(4096), { about: 'The most entries in the cache' })
  readonly CACHE_MAX_ENTRIES!: number;

  /**
   * The most bytes in the cache of one process: bytes, or text such as '64mb'.
   * Default: 'auto', 5 % of the heap's limit or the container's memory, whichever is less, and 8 to 256 MiB.
   */
  @Env(byteSize().default('auto'), {
    about: "The most bytes in the cache, '64mb' or 'auto' (5 % of the memory)",
  })
  readonly CACHE_MAX_BYTES!: number | 'auto';

  /** A cache that processes share, on Redis, Valkey or memcached, as a URL. Default: unset, each process has its own. Secret. */
  @Secret(cacheUrl().optional(), {
    about: 'A cache that processes share, on Redis, Valkey or memcached',
    fix: 'such as redis://cache.internal:6379, or unset it: each process has a cache of its own then',
  })
  readonly CACHE_URL?: string;

  /** What this service's entries in a shared cache begin with. Default: 'app'; required with CACHE_URL under ProductionConfig. */
  @Env(cacheNamespace().default('app'), { about: "What sets this service's entries apart in a shared cache" })
  readonly CACHE_NAMESPACE!: string;

  /** Milliseconds that a call to the shared cache may keep anyone waiting. Default: 50. */
  @Env(whole(1, 60_000).default(50), { about: 'Milliseconds a call to a shared cache may take' })
  readonly CACHE_TIMEOUT_MS!: number;

  /** The database, as a URL. Default: unset. Secret. See `getDatabaseConfig()`. */
  @Secret(databaseUrl().optional(), { about: 'The database, as a URL' })
  readonly DATABASE_URL?: string;

  /** The most connections that a process has to the database. Default: 10. */
  @Env(whole(1, 10_000).default(10), { about: 'The most connections to the database' })
  readonly DATABASE_POOL_MAX!: number;

  constructor() {
    refuseConstruction(new.target);
  }

  /**
   * Reads and checks the environment and answers with the one frozen instance.
   *
   * @param env stands in for the environment of the process; no `.env` file is read then, unless `envFile` names one
   * @throws ConfigError with every problem at once
   *
   * @example
   * ```ts
   * const config = AppConfig.load();
   * config.PAGE_SIZE; // 100
   * ```
   */
  static load<T extends BaseConfig>(this: ConfigClass<T>, env?: Environment, options: LoadOptions = {}): T {
    return loadConfig(this, { env, ...options });
  }

  /**
   * The same for `main.ts`: on a bad environment the report goes to stderr and the process ends with exit code
   * 78 (EX_CONFIG of sysexits.h), before any module has opened a connection. The module takes over this instance.
   *
   * @example
   * ```ts
   * const config = AppConfig.loadOrExit();
   * const app = await NestFactory.create(AppModule, { logger: config.getLogLevels() });
   * await app.listen(config.PORT);
   * ```
   */
  static loadOrExit<T extends BaseConfig>(
    this: ConfigClass<T>,
    env?: Environment,
    options: LoadOptions = {},
  ): T {
    return loadConfigOrExit(this, { env, ...options });
  }

  /**
   * The cache's bounds. To size it at run time, override `buildCacheConfig`.
   *
   * @throws ConfigDefinitionError when an override leaves the cache without a bound
   */
  getCacheConfig(): CacheConfig {
    return checkedCacheConfig(this.buildCacheConfig(), this.constructor.name);
  }

  /**
   * The hook behind `getCacheConfig`.
   *
   * @example
   * ```ts
   * export class AppConfig extends ProductionConfig {
   *   override buildCacheConfig(): CacheConfig {
   *     return { ...super.buildCacheConfig(), maxEntries: this.PAGE_SIZE * 100 };
   *   }
   * }
   * ```
   */
  buildCacheConfig(): CacheConfig {
    return cacheConfigOf(this);
  }

  /**
   * What `new Pool()` of pg takes.
   *
   * @throws ConfigError when DATABASE_URL is unset, or pg would read something else in it than a person
   */
  getDatabaseConfig(): DatabaseConfig {
    return databaseConfig(this);
  }

  /** LOG_LEVEL and everything more severe, as `NestFactory.create(AppModule, { logger })` takes it. */
  getLogLevels(): LogLevel[] {
    return LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(this.LOG_LEVEL) + 1);
  }

  /** Every setting with its value, unless it is secret, and where it came from. */
  explain(): readonly ExplainedSetting[] {
    return explainedSettings(stateOf(this), this as unknown as Readonly<Record<string, unknown>>);
  }

  /** Every setting that is set; secrets redacted. */
  toJSON(): Record<string, unknown> {
    return shownValues(this.explain());
  }

  static {
    Object.defineProperty(this.prototype, inspect.custom, {
      value: inspectAs(function (this: object) {
        return (this as BaseConfig).toJSON();
      }),
    });
  }
}
