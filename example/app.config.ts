import Joi from 'joi';
import { DevelopmentConfig, Env, ProductionConfig } from 'nestjs-production-config';

/** The settings of the catalogue: those of the library, and its own. */
export class AppConfig extends ProductionConfig {
  /** With NODE_ENV=development it starts without a SECRET_KEY. */
  static override readonly environments = { development: DevelopmentConfig };

  @Env(Joi.string().max(80).default('Product catalogue'), { about: 'The name the service goes by' })
  readonly CATALOGUE_NAME!: string;

  @Env(Joi.number().integer().min(1).max(86_400).unit('s').default(60), {
    about: 'Seconds a product may be served from the cache after it changed',
  })
  readonly PRODUCT_TTL_SECONDS!: number;

  @Env(Joi.boolean().default(false), {
    about: 'Whether http://127.0.0.1:9464/ops shows the settings and figures',
  })
  readonly OPERATIONS_PAGE!: boolean;

  @Env(Joi.number().port().default(9464), { about: 'The port of that page' })
  readonly OPERATIONS_PORT!: number;
}
