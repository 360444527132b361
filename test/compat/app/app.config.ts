import Joi from 'joi';
import { DevelopmentConfig, Env, ProductionConfig, Secret } from 'nestjs-production-config';

export class AppConfig extends ProductionConfig {
  static override readonly environments = { development: DevelopmentConfig };

  @Env(Joi.string<'eu' | 'us'>().valid('eu', 'us').default('eu'), { about: 'Where the service runs' })
  readonly REGION!: 'eu' | 'us';

  @Secret(Joi.string().min(20).optional(), { about: 'Signs web hooks' })
  declare readonly HOOK_KEY?: string;

  @Env(Joi.number().integer().default(5), { about: 'Items on a page' })
  declare readonly PAGE_SIZE: number;
}

export class WronglyTyped extends ProductionConfig {
  // @ts-expect-error the rule yields a number
  @Env(Joi.number().default(1), { about: 'A field whose type is not what its rule yields' })
  readonly COUNT!: string;
}
