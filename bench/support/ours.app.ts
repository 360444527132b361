import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ProductionConfigModule } from 'nestjs-production-config';

/** The module is defined inside the function, so that the work of `forRoot()` is measured as well. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({ imports: [ProductionConfigModule.forRoot()] })
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
