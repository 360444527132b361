import Joi from 'joi';
import { Env, ProductionConfig } from 'nestjs-production-config';

export class AppConfig extends ProductionConfig {
  @Env(Joi.string(), { about: 'The name of the shop' })
  readonly SHOP!: string;
}
