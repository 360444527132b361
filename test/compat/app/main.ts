import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { AppConfig } from './app.config.js';
import { AppModule } from './app.module.js';

/** `main.js <express|fastify> [module]`: with `module` it is Nest that meets the bad environment first. */
const [, , adapter, first] = process.argv;

async function start(): Promise<void> {
  const config = first === 'module' ? undefined : AppConfig.loadOrExit();
  const app: INestApplication =
    adapter === 'fastify'
      ? await NestFactory.create(AppModule, new FastifyAdapter())
      : await NestFactory.create(AppModule);
  await app.listen(config?.PORT ?? 0, '127.0.0.1');
  process.stdout.write(`listening at ${await app.getUrl()}\n`);
}

void start();
