import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { shutdownGracefully } from 'nestjs-production-config';
import { AppModule } from './app.module.js';
import { config } from './loaded-config.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule, { logger: config.getLogLevels() });
// A proxy that terminates TLS sets X-Forwarded-Proto for clients on HTTPS. Only proxies at private addresses are trusted.
app.set('trust proxy', 'loopback, linklocal, uniquelocal');
shutdownGracefully(app);
await app.listen(config.PORT);
Logger.log(`${config.CATALOGUE_NAME} listens on ${await app.getUrl()}`, 'Bootstrap');
