import type { LogLevel } from '@nestjs/common';
import { inspect } from 'node:util';
import Joi from 'joi';
import { type CacheConfig, cacheConfigOf, checkCacheConfig } from './cache.config.js';
import { loadConfigOrExit } from './load/config.boot.js';
import type { ConfigClass, Environment, LoadOptions } from './model/config-class.js';
import { refuseConstruction, stateOf } from './load/config.instance.js';
import { loadConfig } from './load/load-config.js';
import { type DatabaseConfig, databaseConfig } from './database.config.js';
import { type ExplainedSetting, explainSettings, visibleValues } from './load/explained-setting.js';
import { LOG_LEVELS } from './rules/log-level.js';
import {
  byteSize,
  cacheNamespace,
  cacheUrl,
  databaseUrl,
  integer,
  logLevel,
  secondsBeyond,
} from './rules/setting.rules.js';
import { inspectAs } from './model/redaction.js';
import { Env, Secret } from './model/setting.decorator.js';

/**
 * The settings that every environment shares, with their defaults. Extend ProductionConfig for a service;
 * extend this class only for an environment that must not be hardened.
 */
export class BaseConfig {
  /** Classes by environment name. Their rules override this class's if NODE_ENV in the real environment is that name. */
  static readonly environments: Readonly<Record<string, ConfigClass>> = {};

  /** The environment's name. Default: unset. It selects one of `environments`. Any value but 'production' causes a warning. */
  @Env(Joi.string().trim().optional(), { about: "The environment's name; 'production' in production" })
  readonly NODE_ENV?: string;

  /** The key that all signing keys are derived from: see KeyRing. Required; strong under ProductionConfig. Secret. */
  @Secret(Joi.string(), {
    about: 'The key from which signatures and tokens are made',
    fix: 'make one: npx nestjs-production-config keygen',
  })
  readonly SECRET_KEY!: string;

  /** Further keys that verify signatures while SECRET_KEY is rotated: a list. Default: none. Secret. */
  @Secret(Joi.array<readonly string[]>().items(Joi.string()).default([]), {
    about: 'Keys that are also accepted while SECRET_KEY is rotated',
  })
  readonly SECRET_KEY_FALLBACKS!: readonly string[];

  /** Extra diagnostics. Default: false; refused under ProductionConfig. A pattern such as 'express:*' counts as true. */
  @Env(Joi.boolean().failover(true).default(false), { about: 'Extra diagnostics' })
  readonly DEBUG!: boolean;

  /** The least severe level that is logged; `info` is read as `log`, `trace` as `verbose`. Default: 'log'. */
  @Env(logLevel().default('log'), { about: 'The least severe level that is logged' })
  readonly LOG_LEVEL!: LogLevel;

  /** The port that the service listens on. Default: 3000. */
  @Env(Joi.number().port().default(3000), { about: 'The port the service listens on' })
  readonly PORT!: number;

  /** Seconds for which the process serves as before after a signal, so that balancers notice. Default: 5. */
  @Env(integer(0, 3600).default(5), {
    about: 'How long the process still serves after a signal, in seconds',
    fix: 'longer than your balancer takes to notice: the period of its probe, times the failures that it waits for',
  })
  readonly DRAIN_SECONDS!: number;

  /** The most seconds that a shutdown takes in all, the last 5 for hooks. Default: DRAIN_SECONDS + 20. */
  @Env(secondsBeyond('DRAIN_SECONDS', { least: 6, byDefault: 20 }), {
    about: 'The most seconds that a shutdown takes, DRAIN_SECONDS included',
    fix: 'at least 6 more than DRAIN_SECONDS, and less than your platform waits before it kills the process',
  })
  readonly SHUTDOWN_SECONDS!: number;

  /** Rows per page if the client names no limit: 1 to 1000. Default: 100. */
  @Env(integer(1, 1000).default(100), { about: 'Rows per page if the client names no limit' })
  readonly PAGE_SIZE!: number;

  /** The most rows that a client can request: PAGE_SIZE to 1000. Default: PAGE_SIZE. */
  @Env(Joi.number().integer().min(Joi.ref('PAGE_SIZE')).max(1000).default(Joi.ref('PAGE_SIZE')), {
    about: 'The most rows a client can request',
    fix: 'it must be at least PAGE_SIZE: set both',
  })
  readonly MAX_PAGE_SIZE!: number;

  /** The lifetime in seconds of a cache entry that is set without a ttl. Default: 600. */
  @Env(integer(1, 365 * 24 * 3600).default(600), { about: 'Lifetime of a cached entry, in seconds' })
  readonly CACHE_TTL_SECONDS!: number;

  /** The most entries in the cache of one process, below the limit of a Map, 2^24. Default: 4096. */
  @Env(integer(1, 2 ** 24 - 1).default(4096), { about: 'The most entries in the cache' })
  readonly CACHE_MAX_ENTRIES!: number;

  /**
   * The most bytes in the cache of one process: bytes, or text such as '64mb'.
   * Default: 'auto', 5 % of the heap limit or of the container's memory, whichever is less; 8 to 256 MiB.
   */
  @Env(byteSize().default('auto'), {
    about: "The most bytes in the cache, '64mb' or 'auto' (5 % of the memory)",
  })
  readonly CACHE_MAX_BYTES!: number | 'auto';

  /** A cache that processes share, on Redis, Valkey or memcached, as a URL. Default: unset, so each process has its own. Secret. */
  @Secret(cacheUrl().optional(), {
    about: 'A cache that processes share, on Redis, Valkey or memcached',
    fix: 'such as redis://cache.internal:6379; if it is unset, each process has its own cache',
  })
  readonly CACHE_URL?: string;

  /** The prefix of this service's entries in a shared cache. Default: 'app'; required with CACHE_URL under ProductionConfig. */
  @Env(cacheNamespace().default('app'), { about: "The prefix of this service's entries in a shared cache" })
  readonly CACHE_NAMESPACE!: string;

  /** The timeout of a call to the shared cache in milliseconds. Default: 50. */
  @Env(integer(1, 60_000).default(50), { about: 'Timeout of a shared cache call, in milliseconds' })
  readonly CACHE_TIMEOUT_MS!: number;

  /** The database, as a URL. Default: unset. Secret. See `getDatabaseConfig()`. */
  @Secret(databaseUrl().optional(), { about: 'The database, as a URL' })
  readonly DATABASE_URL?: string;

  /** The most database connections of a process. Default: 10. */
  @Env(integer(1, 10_000).default(10), { about: 'The most connections to the database' })
  readonly DATABASE_POOL_MAX!: number;

  constructor() {
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
   * exit code 78 (EX_CONFIG of sysexits.h), before any module opens a connection. The module uses this instance.
   */
  static loadOrExit<T extends BaseConfig>(
    this: ConfigClass<T>,
    env?: Environment,
    options: LoadOptions = {},
  ): T {
    return loadConfigOrExit(this, { env, ...options });
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
    return cacheConfigOf(this);
  }

  /**
   * The options for `new Pool()` of pg.
   *
   * @throws ConfigError if DATABASE_URL is unset, or if pg would misread it
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
    return explainSettings(stateOf(this), this as unknown as Readonly<Record<string, unknown>>);
  }

  /** Every setting that is set; secrets redacted. */
  toJSON(): Record<string, unknown> {
    return visibleValues(this.explain());
  }

  static {
    Object.defineProperty(this.prototype, inspect.custom, {
      value: inspectAs(function (this: object) {
        return (this as BaseConfig).toJSON();
      }),
    });
  }
}
