import type { Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { shutdownGracefully } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';

const config = AppConfig.loadOrExit();
const [server, adapter] = process.argv.slice(2);
const { AppModule } = (await import(`./${server}.module.js`)) as { readonly AppModule: Type };
const options = { logger: config.getLogLevels() };
const app =
  adapter === 'fastify'
    ? await NestFactory.create(AppModule, new FastifyAdapter(), options)
    : await NestFactory.create(AppModule, options);
shutdownGracefully(app);
await app.listen(config.PORT);
