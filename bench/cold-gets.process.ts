import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Module, UseInterceptors, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CachePublic, HttpCacheInterceptor, ProductionConfigModule } from 'nestjs-production-config';
import { once } from 'node:events';
import { Agent, get, type IncomingMessage, type Server } from 'node:http';
import { text } from 'node:stream/consumers';
import { productsFrom, type Product } from './support/products.js';

/** The result of concurrent requests for one uncached list. */
export interface Crowd {
  readonly answers: number;
  readonly handlerRuns: number;
}

const REQUESTS = 1000;
let handlerRuns = 0;
let requests = 0;
let tellAll: () => void;
const allHaveAsked = new Promise<void>((resolve) => (tellAll = resolve));

/** A query that ends only after the last request has arrived. */
async function products(): Promise<Product[]> {
  handlerRuns++;
  await allHaveAsked;
  return productsFrom(0, 100);
}

@Controller('products')
@UseInterceptors(HttpCacheInterceptor)
class OurController {
  @Get()
  @CachePublic()
  list(): Promise<Product[]> {
    return products();
  }
}

@Controller('products')
@UseInterceptors(CacheInterceptor)
class StockController {
  @Get()
  list(): Promise<Product[]> {
    return products();
  }
}

@Module({ imports: [ProductionConfigModule.forRoot()], controllers: [OurController] })
class OurModule {}

@Module({ imports: [CacheModule.register({ ttl: 600_000 })], controllers: [StockController] })
class StockModule {}

const modules: Readonly<Record<string, Type>> = { ours: OurModule, stock: StockModule };

const app = await NestFactory.create(modules[process.argv[2] ?? 'ours']!, { logger: false });
const server = (await app.listen(0, '127.0.0.1')) as Server;
server.on('request', () => {
  if (++requests === REQUESTS) tellAll();
});
const { port } = server.address() as { port: number };
const agent = new Agent({ maxSockets: REQUESTS });

async function ask(): Promise<unknown> {
  const [response] = (await once(get({ port, path: '/products', agent }), 'response')) as [IncomingMessage];
  return JSON.parse(await text(response));
}

const answers = await Promise.all(Array.from({ length: REQUESTS }, ask));
const crowd: Crowd = { answers: answers.length, handlerRuns };
process.stdout.write(JSON.stringify(crowd), () => process.exit());
