import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import { type INestApplication, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';
import { type PaginationOptions, ProductionConfigModule, shutdownGracefully } from 'nestjs-production-config';
import { graphql } from './graphql.js';

/** `main.js <express|fastify>`: starts each server of `servers/`, and tells on $PORT where they are. */
const [, , adapter] = process.argv;

/** What a file of `servers/` exports. */
interface Server {
  readonly pagination?: PaginationOptions;
  readonly OrdersController?: Type;
  readonly OrdersResolver?: Type;
}

@Module({})
class AppModule {}

const warnings: unknown[] = [];
const logger = {
  log: () => {},
  warn: (...told: unknown[]) => void warnings.push(told),
  error: (...told: unknown[]) => void warnings.push(told),
};

async function start({ pagination, OrdersController, OrdersResolver }: Server): Promise<object> {
  const module = {
    module: AppModule,
    imports: [ProductionConfigModule.forRoot({ pagination }), ...(OrdersResolver ? [graphql] : [])],
    controllers: OrdersController ? [OrdersController] : [],
    providers: OrdersResolver ? [OrdersResolver] : [],
  };
  const app: INestApplication =
    adapter === 'fastify'
      ? await NestFactory.create(module, new FastifyAdapter(), { logger })
      : await NestFactory.create(module, { logger });
  shutdownGracefully(app);
  const openapi = SwaggerModule.createDocument(app, new DocumentBuilder().build());
  const { link } = pagination ?? {};
  const port = typeof link === 'object' && link.origin !== undefined ? new URL(link.origin).port : 0;
  await app.listen(port, '127.0.0.1');
  return { url: await app.getUrl(), openapi };
}

const servers: Record<string, object> = {};
for (const file of readdirSync(new URL('servers/', import.meta.url))) {
  const [name = ''] = file.split('.');
  servers[name] = await start((await import(`./servers/${file}`)) as Server);
}
const directory = createServer((_request, response) => response.end(JSON.stringify({ servers, warnings })));
await once(directory.listen(Number(process.env['PORT']), '127.0.0.1'), 'listening');
