import { CacheModule } from '@nestjs/cache-manager';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { ConfigModule } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';

/** The settings of the library as rules for the stock ConfigModule. */
export const LIBRARY_SETTINGS: Joi.SchemaMap = {
  NODE_ENV: Joi.string().trim(),
  SECRET_KEY: Joi.string().min(32).required(),
  SECRET_KEY_FALLBACKS: Joi.string().allow('').default(''),
  DEBUG: Joi.boolean().valid(false).default(false),
  LOG_LEVEL: Joi.string().valid('fatal', 'error', 'warn', 'log', 'debug', 'verbose').default('log'),
  PORT: Joi.number().port().default(3000),
  PAGE_SIZE: Joi.number().integer().min(1).max(1000).default(100),
  MAX_PAGE_SIZE: Joi.number().integer().min(Joi.ref('PAGE_SIZE')).max(1000).default(Joi.ref('PAGE_SIZE')),
  CACHE_TTL_SECONDS: Joi.number().integer().min(1).default(600),
  CACHE_MAX_ENTRIES: Joi.number().integer().min(1).default(4096),
  CACHE_MAX_BYTES: Joi.string().default('auto'),
  CACHE_URL: Joi.string().uri(),
  CACHE_NAMESPACE: Joi.string()
    .pattern(/^[\w.-]{1,64}$/)
    .default('app'),
  CACHE_TIMEOUT_MS: Joi.number().integer().min(1).max(60_000).default(50),
  DATABASE_URL: Joi.string().uri(),
  DATABASE_POOL_MAX: Joi.number().integer().min(1).max(10_000).default(10),
};

const validationSchema = Joi.object(LIBRARY_SETTINGS);

/** The stock modules, set up by hand for production as in their documentation. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({
    imports: [
      // The library reads no `.env` file in production either.
      ConfigModule.forRoot({ isGlobal: true, validationSchema, ignoreEnvFile: true }),
      CacheModule.register({ isGlobal: true, ttl: 600_000 }),
    ],
  })
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
