import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { Group, ProductionConfig, ProductionConfigModule } from 'nestjs-production-config';
import { FEATURE_ENVIRONMENT } from './feature-environment.js';
import {
  AuthConfig,
  LimitsConfig,
  MailConfig,
  PaymentsConfig,
  QueueConfig,
  ReportsConfig,
  SearchConfig,
  StorageConfig,
} from './feature-groups.js';

class AppConfig extends ProductionConfig {
  @Group(MailConfig)
  readonly mail!: MailConfig;

  @Group(StorageConfig)
  readonly storage!: StorageConfig;

  @Group(PaymentsConfig)
  readonly payments!: PaymentsConfig;

  @Group(SearchConfig)
  readonly search!: SearchConfig;

  @Group(QueueConfig)
  readonly queue!: QueueConfig;

  @Group(AuthConfig)
  readonly auth!: AuthConfig;

  @Group(LimitsConfig)
  readonly limits!: LimitsConfig;

  @Group(ReportsConfig)
  readonly reports!: ReportsConfig;
}

Object.assign(process.env, FEATURE_ENVIRONMENT);

/** Eight groups with 60 settings, beside those of the library. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({ imports: [ProductionConfigModule.forRoot({ config: AppConfig })] })
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
