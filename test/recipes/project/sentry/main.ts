// First: Sentry instruments what is imported after it.
import './sentry.js';
import { NestFactory } from '@nestjs/core';
import { shutdownGracefully } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';
import { AppModule } from './app.module.js';

const config = AppConfig.loadOrExit();
const app = await NestFactory.create(AppModule, { logger: config.getLogLevels() });
shutdownGracefully(app);
await app.listen(config.PORT);
