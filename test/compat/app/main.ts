import type { INestApplication, LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { shutdownGracefully } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';
import { AppModule } from './app.module.js';

/**
 * `main.js <express|fastify> [module|own-logger]`: with the second argument, Nest loads the environment first
 * and reports errors through its own logger or that of the application.
 */
const [, , adapter, first] = process.argv;

const print = (message: unknown): void => {
  process.stderr.write(`${String(message)}\n`);
};
const OWN_LOGGER: LoggerService = { log: () => {}, warn: () => {}, error: print, fatal: print };

async function start(): Promise<void> {
  const config = first === undefined ? AppConfig.loadOrExit() : undefined;
  const options = first === 'own-logger' ? { logger: OWN_LOGGER } : {};
  const app: INestApplication =
    adapter === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
      : await NestFactory.create(AppModule, options);
  shutdownGracefully(app);
  const document = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  const http = app.getHttpAdapter();
  http.get('/openapi', (_request: unknown, response: unknown) => http.reply(response, document, 200));
  await app.listen(config?.PORT ?? 0, '127.0.0.1');
  process.stdout.write(`listening at ${await app.getUrl()}\n`);
}

void start();
