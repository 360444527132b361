import Joi from 'joi';
import { BaseConfig } from './base.config.js';
import { Env, Secret } from './model/setting.decorator.js';
import { restoreSettings } from './model/setting.registry.js';
import { integer } from './rules/setting.rules.js';

/**
 * Relaxed rules for a developer's machine: SECRET_KEY is optional and DEBUG may be on. Rejected if NODE_ENV is
 * 'production'.
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
    fix: 'use ProductionConfig if NODE_ENV is production',
  })
  declare readonly NODE_ENV?: string;

  @Secret(Joi.string().default('development-only-placeholder-not-a-secret'), {
    about: 'The key from which signatures and tokens are made; a placeholder is enough',
  })
  declare readonly SECRET_KEY: string;

  @Env(integer(0, 3600).default(0), {
    about: 'How long the process still serves after a signal, in seconds: there is no balancer here',
  })
  declare readonly DRAIN_SECONDS: number;

  static {
    restoreSettings(this, ['SECRET_KEY_FALLBACKS', 'DEBUG', 'LOG_LEVEL']);
  }
}
