import type { LogLevel } from '@nestjs/common';
import Joi from 'joi';
import { BaseConfig } from './base.config.js';
import { Env, Secret } from './model/setting.decorator.js';
import { cacheNamespace, isSameKey, logLevel, strongSigningKey } from './rules/setting.rules.js';

const KEYGEN = 'make one: npx nestjs-production-config keygen';

/**
 * The rules for production: a strong SECRET_KEY, and no debugging. Extend this class with your own settings.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   static override readonly environments = { development: DevelopmentConfig };
 *
 *   @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
 *   readonly INVOICE_URL!: string;
 * }
 * ```
 */
export class ProductionConfig extends BaseConfig {
  @Env(Joi.string().trim().optional(), {
    about: "The environment's name; 'production' in production",
    warn: (name) =>
      name === 'production'
        ? undefined
        : "is not 'production', so Express and other libraries run in their development mode",
    fix: 'set NODE_ENV=production',
  })
  declare readonly NODE_ENV?: string;

  @Secret(strongSigningKey(), {
    about: 'The key from which signatures and tokens are made',
    fix: KEYGEN,
    distinct: true,
  })
  declare readonly SECRET_KEY: string;

  @Secret(Joi.array<readonly string[]>().items(strongSigningKey()).unique(isSameKey).default([]), {
    about: 'Keys that are also accepted while SECRET_KEY is rotated',
    fix: 'list only former, current or future values of SECRET_KEY',
    distinct: true,
    sharedWith: ['SECRET_KEY'],
  })
  declare readonly SECRET_KEY_FALLBACKS: readonly string[];

  @Env(Joi.boolean().valid(false).default(false), {
    about: 'Extra diagnostics: off in production',
    fix: 'unset DEBUG',
  })
  declare readonly DEBUG: boolean;

  @Env(Joi.boolean().default(true), {
    about: 'Whether anything is cached; false for tests',
    warn: (isEnabled) => (isEnabled ? undefined : 'is false, so each read loads and nothing is cached'),
    fix: 'unset CACHE_ENABLED',
  })
  declare readonly CACHE_ENABLED: boolean;

  @Env(
    cacheNamespace()
      .default('app')
      // Required if CACHE_URL is set.
      .when('CACHE_URL', { not: Joi.exist(), otherwise: Joi.required() }),
    {
      about: "The prefix of this service's entries in a shared cache",
      fix: "use the service's own name, such as orders: services on one server must not share a namespace",
    },
  )
  declare readonly CACHE_NAMESPACE: string;

  @Env(logLevel().default('log'), {
    about: 'The least severe level that is logged',
    warn: (level) =>
      level === 'debug' || level === 'verbose'
        ? `is '${level}', which costs time and may log personal data`
        : undefined,
    fix: 'set LOG_LEVEL=log',
  })
  declare readonly LOG_LEVEL: LogLevel;
}
