import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** An empty Nest application: the part of the start that both sides share. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({})
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
