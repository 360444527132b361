import type { LogLevel } from '@nestjs/common';
import Joi from 'joi';
import { BaseConfig } from './base.config.js';
import { Env, Secret } from './setting.decorator.js';
import { logLevel } from './rules/setting.rules.js';

/**
 * What a developer's machine may do without: a SECRET_KEY of its own, and DEBUG switched off. Refused where
 * NODE_ENV is 'production'.
 *
 * @example
 * ```ts
 * export class AppConfig extends ProductionConfig {
 *   static override readonly environments = { development: DevelopmentConfig };
 * }
 * ```
 */
export class DevelopmentConfig extends BaseConfig {
  @Env(Joi.string().trim().invalid('production').optional(), {
    about: "The environment's name; anything but 'production'",
    warn: (name = 'unset') =>
      `is ${name}, so the rules of DevelopmentConfig are in force: SECRET_KEY and DEBUG are not checked`,
    warningId: 'development-rules',
    fix: 'use ProductionConfig where NODE_ENV is production',
  })
  declare readonly NODE_ENV?: string;

  @Secret(Joi.string().default('development-only-placeholder-not-a-secret'), {
    about: 'The key from which signatures and tokens are made; a placeholder will do',
  })
  declare readonly SECRET_KEY: string;

  @Secret(Joi.array<readonly string[]>().items(Joi.string()).default([]), {
    about: 'Keys that are accepted beside SECRET_KEY while it is replaced',
  })
  declare readonly SECRET_KEY_FALLBACKS: readonly string[];

  @Env(Joi.boolean().failover(true).default(false), { about: 'Extra diagnostics' })
  declare readonly DEBUG: boolean;

  @Env(logLevel().default('log'), { about: 'The least severe level that is logged' })
  declare readonly LOG_LEVEL: LogLevel;
}
