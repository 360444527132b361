import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ProductionConfigModule } from 'nestjs-production-config';

/** The module is defined here and not above, so that what `forRoot()` does at definition is measured too. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({ imports: [ProductionConfigModule.forRoot()] })
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
