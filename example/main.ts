import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { AppConfig } from './app.config.js';
import { AppModule } from './app.module.js';

// Before Nest: on a bad environment nothing has been connected yet, and the report is all that is printed.
const config = AppConfig.loadOrExit();

const app = await NestFactory.create(AppModule, { logger: config.getLogLevels() });
app.enableShutdownHooks();
await app.listen(config.PORT);
Logger.log(`${config.CATALOGUE_NAME} listens on ${await app.getUrl()}`, 'Bootstrap');
