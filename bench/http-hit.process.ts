import { CacheInterceptor, CacheModule } from '@nestjs/cache-manager';
import { Controller, Get, Module, Param, UseInterceptors, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { CachePublic, HttpCacheInterceptor, ProductionConfigModule } from 'nestjs-production-config';
import { cpuTime } from './support/cpu-time.js';
import { productsFrom, type Product } from './support/products.js';

const lists = new Map([1, 100, 1000].map((rows) => [String(rows), productsFrom(0, rows)]));

@Controller('products')
@UseInterceptors(HttpCacheInterceptor)
@CachePublic()
class OurController {
  @Get(':rows')
  async list(@Param('rows') rows: string): Promise<Product[]> {
    return lists.get(rows)!;
  }
}

@Controller('products')
@UseInterceptors(CacheInterceptor)
class StockController {
  @Get(':rows')
  async list(@Param('rows') rows: string): Promise<Product[]> {
    return lists.get(rows)!;
  }
}

@Module({ imports: [ProductionConfigModule.forRoot()], controllers: [OurController] })
class OurModule {}

@Module({ imports: [CacheModule.register({ ttl: 600_000 })], controllers: [StockController] })
class StockModule {}

const [, , adapter, variant] = process.argv;
const module = variant === 'ours' ? OurModule : StockModule;
const app: INestApplication =
  adapter === 'fastify'
    ? await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), { logger: false })
    : await NestFactory.create(module, { logger: false });
const server = await app.listen(0, '127.0.0.1');

// Requested before and after a round: the difference is the CPU time of the round.
process.on('message', () => process.send?.(cpuTime()));
process.on('disconnect', () => process.exit());
process.send?.((server.address() as { port: number }).port);
