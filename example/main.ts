import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { shutdownGracefully } from 'nestjs-production-config';
import { AppModule } from './app.module.js';
import { config } from './loaded-config.js';

const app = await NestFactory.create<NestExpressApplication>(AppModule, {
  logger: config.getLogLevels(),
  bodyParser: false,
});
app.useBodyParser('json');
app.disable('x-powered-by');
// They set X-Forwarded-Proto for clients on HTTPS, and X-Forwarded-For.
app.set('trust proxy', config.TRUSTED_PROXIES);
shutdownGracefully(app);
Object.assign(app.getHttpServer(), {
  // For all headers, and for the whole request: a slow sender keeps no connection open.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // More than the idle timeout of most load balancers, 60 s: they must not send a request as the connection is closed.
  keepAliveTimeout: 65_000,
});
await app.listen(config.PORT);
Logger.log(`${config.CATALOGUE_NAME} listens on ${await app.getUrl()}`, 'Bootstrap');
