import { Env, ProductionConfig, url } from 'nestjs-production-config';

export class AppConfig extends ProductionConfig {
  @Env(url({ schemes: ['http', 'https'] }), { about: 'Where errors are reported' })
  readonly SENTRY_DSN!: string;
}
