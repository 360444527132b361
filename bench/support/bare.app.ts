import { Module, type INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';

/** Nest with nothing in it: what both sides have to start anyway. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({})
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
