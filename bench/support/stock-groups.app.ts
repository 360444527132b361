import { CacheModule } from '@nestjs/cache-manager';
import { Module, type INestApplicationContext } from '@nestjs/common';
import { ConfigModule, registerAs } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { FEATURE_ENVIRONMENT } from './feature-environment.js';
import { LIBRARY_SETTINGS } from './stock.app.js';

const validationSchema = Joi.object({
  ...LIBRARY_SETTINGS,
  MAIL_HOST: Joi.string().hostname().required(),
  MAIL_PORT: Joi.number().port().default(587),
  MAIL_USER: Joi.string().required(),
  MAIL_PASSWORD: Joi.string().required(),
  MAIL_FROM: Joi.string().email().required(),
  MAIL_REPLY_TO: Joi.string().email().optional(),
  MAIL_TIMEOUT_MS: Joi.number().integer().min(1).default(10000),
  MAIL_SECURE: Joi.boolean().default(true),
  STORAGE_ENDPOINT: Joi.string().uri().required(),
  STORAGE_REGION: Joi.string().default('eu-west-1'),
  STORAGE_BUCKET: Joi.string().required(),
  STORAGE_ACCESS_KEY: Joi.string().required(),
  STORAGE_SECRET_KEY: Joi.string().required(),
  STORAGE_PATH_STYLE: Joi.boolean().default(false),
  STORAGE_MAX_BYTES: Joi.number().integer().min(1).default(10_485_760),
  STORAGE_FOLDER: Joi.string().default('uploads'),
  PAYMENTS_API_URL: Joi.string().uri().required(),
  PAYMENTS_API_KEY: Joi.string().required(),
  PAYMENTS_WEBHOOK_SECRET: Joi.string().required(),
  PAYMENTS_CURRENCY: Joi.string().valid('eur', 'usd').default('eur'),
  PAYMENTS_TIMEOUT_MS: Joi.number().integer().min(1).default(5000),
  PAYMENTS_RETRIES: Joi.number().integer().min(0).max(10).default(3),
  PAYMENTS_CAPTURE: Joi.boolean().default(true),
  PAYMENTS_ACCOUNT: Joi.string().required(),
  SEARCH_NODE: Joi.string().uri().required(),
  SEARCH_INDEX: Joi.string().default('orders'),
  SEARCH_API_KEY: Joi.string().required(),
  SEARCH_SHARDS: Joi.number().integer().min(1).default(1),
  SEARCH_REPLICAS: Joi.number().integer().min(0).default(1),
  SEARCH_REFRESH_MS: Joi.number().integer().min(1).default(1000),
  SEARCH_TIMEOUT_MS: Joi.number().integer().min(1).default(2000),
  SEARCH_ENABLED: Joi.boolean().default(true),
  QUEUE_URL: Joi.string().uri().required(),
  QUEUE_PREFETCH: Joi.number().integer().min(1).default(10),
  QUEUE_RETRIES: Joi.number().integer().min(0).default(5),
  QUEUE_BACKOFF_MS: Joi.number().integer().min(1).default(1000),
  QUEUE_DEAD_LETTER: Joi.string().optional(),
  QUEUE_DURABLE: Joi.boolean().default(true),
  QUEUE_CONCURRENCY: Joi.number().integer().min(1).default(4),
  AUTH_ISSUER: Joi.string().uri().required(),
  AUTH_AUDIENCE: Joi.string().required(),
  AUTH_CLIENT_ID: Joi.string().required(),
  AUTH_CLIENT_SECRET: Joi.string().required(),
  AUTH_TOKEN_MINUTES: Joi.number().integer().min(1).default(15),
  AUTH_REFRESH_DAYS: Joi.number().integer().min(1).default(30),
  AUTH_ROLES_CLAIM: Joi.string().default('roles'),
  LIMITS_WINDOW_SECONDS: Joi.number().integer().min(1).default(60),
  LIMITS_PER_WINDOW: Joi.number().integer().min(1).default(100),
  LIMITS_BURST: Joi.number().integer().min(1).default(20),
  LIMITS_UPLOADS: Joi.number().integer().min(1).default(5),
  LIMITS_QUERIES: Joi.number().integer().min(1).default(1000),
  LIMITS_BAN_MINUTES: Joi.number().integer().min(1).default(10),
  LIMITS_ENABLED: Joi.boolean().default(true),
  REPORTS_BUCKET: Joi.string().required(),
  REPORTS_SCHEDULE: Joi.string().default('0 4 * * *'),
  REPORTS_ROWS: Joi.number().integer().min(1).default(50000),
  REPORTS_FORMAT: Joi.string().valid('csv', 'xlsx').default('csv'),
  REPORTS_TIMEZONE: Joi.string().default('UTC'),
  REPORTS_KEEP_DAYS: Joi.number().integer().min(1).default(90),
  REPORTS_RECIPIENT: Joi.string().email().required(),
});

const { env } = process;
const load = [
  registerAs('mail', () => ({
    host: env['MAIL_HOST'],
    port: Number(env['MAIL_PORT']),
    user: env['MAIL_USER'],
    password: env['MAIL_PASSWORD'],
    from: env['MAIL_FROM'],
    replyTo: env['MAIL_REPLY_TO'],
    timeoutMs: Number(env['MAIL_TIMEOUT_MS']),
    secure: env['MAIL_SECURE'] === 'true',
  })),
  registerAs('storage', () => ({
    endpoint: env['STORAGE_ENDPOINT'],
    region: env['STORAGE_REGION'],
    bucket: env['STORAGE_BUCKET'],
    accessKey: env['STORAGE_ACCESS_KEY'],
    secretKey: env['STORAGE_SECRET_KEY'],
    pathStyle: env['STORAGE_PATH_STYLE'] === 'true',
    maxBytes: Number(env['STORAGE_MAX_BYTES']),
    folder: env['STORAGE_FOLDER'],
  })),
  registerAs('payments', () => ({
    apiUrl: env['PAYMENTS_API_URL'],
    apiKey: env['PAYMENTS_API_KEY'],
    webhookSecret: env['PAYMENTS_WEBHOOK_SECRET'],
    currency: env['PAYMENTS_CURRENCY'],
    timeoutMs: Number(env['PAYMENTS_TIMEOUT_MS']),
    retries: Number(env['PAYMENTS_RETRIES']),
    capture: env['PAYMENTS_CAPTURE'] === 'true',
    account: env['PAYMENTS_ACCOUNT'],
  })),
  registerAs('search', () => ({
    node: env['SEARCH_NODE'],
    index: env['SEARCH_INDEX'],
    apiKey: env['SEARCH_API_KEY'],
    shards: Number(env['SEARCH_SHARDS']),
    replicas: Number(env['SEARCH_REPLICAS']),
    refreshMs: Number(env['SEARCH_REFRESH_MS']),
    timeoutMs: Number(env['SEARCH_TIMEOUT_MS']),
    enabled: env['SEARCH_ENABLED'] === 'true',
  })),
  registerAs('queue', () => ({
    url: env['QUEUE_URL'],
    prefetch: Number(env['QUEUE_PREFETCH']),
    retries: Number(env['QUEUE_RETRIES']),
    backoffMs: Number(env['QUEUE_BACKOFF_MS']),
    deadLetter: env['QUEUE_DEAD_LETTER'],
    durable: env['QUEUE_DURABLE'] === 'true',
    concurrency: Number(env['QUEUE_CONCURRENCY']),
  })),
  registerAs('auth', () => ({
    issuer: env['AUTH_ISSUER'],
    audience: env['AUTH_AUDIENCE'],
    clientId: env['AUTH_CLIENT_ID'],
    clientSecret: env['AUTH_CLIENT_SECRET'],
    tokenMinutes: Number(env['AUTH_TOKEN_MINUTES']),
    refreshDays: Number(env['AUTH_REFRESH_DAYS']),
    rolesClaim: env['AUTH_ROLES_CLAIM'],
  })),
  registerAs('limits', () => ({
    windowSeconds: Number(env['LIMITS_WINDOW_SECONDS']),
    perWindow: Number(env['LIMITS_PER_WINDOW']),
    burst: Number(env['LIMITS_BURST']),
    uploads: Number(env['LIMITS_UPLOADS']),
    queries: Number(env['LIMITS_QUERIES']),
    banMinutes: Number(env['LIMITS_BAN_MINUTES']),
    enabled: env['LIMITS_ENABLED'] === 'true',
  })),
  registerAs('reports', () => ({
    bucket: env['REPORTS_BUCKET'],
    schedule: env['REPORTS_SCHEDULE'],
    rows: Number(env['REPORTS_ROWS']),
    format: env['REPORTS_FORMAT'],
    timezone: env['REPORTS_TIMEZONE'],
    keepDays: Number(env['REPORTS_KEEP_DAYS']),
    recipient: env['REPORTS_RECIPIENT'],
  })),
];

Object.assign(env, FEATURE_ENVIRONMENT);

/** The same settings in one schema, and a namespace for each feature, as in Nest's documentation. */
export function createApp(): Promise<INestApplicationContext> {
  @Module({
    imports: [
      ConfigModule.forRoot({ isGlobal: true, validationSchema, load, ignoreEnvFile: true }),
      CacheModule.register({ isGlobal: true, ttl: 600_000 }),
    ],
  })
  class AppModule {}

  return NestFactory.createApplicationContext(AppModule, { logger: false });
}
