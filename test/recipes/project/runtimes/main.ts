import { Cache } from '@nestjs/cache-manager';
import {
  Controller,
  Get,
  Inject,
  Logger,
  Module,
  type MessageEvent,
  Sse,
  UseInterceptors,
} from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  CachePublic,
  HttpCacheInterceptor,
  Page,
  type PageRequest,
  Paginate,
  PaginationInterceptor,
  ProductionConfig,
  ProductionConfigModule,
  shutdownGracefully,
} from 'nestjs-production-config';
import { setTimeout as delay } from 'node:timers/promises';
import { interval, map, type Observable } from 'rxjs';

interface Order {
  readonly id: number;
}

@Controller('orders')
@UseInterceptors(HttpCacheInterceptor, PaginationInterceptor)
class OrdersController {
  constructor(@Inject(Cache) private readonly cache: Cache) {}

  @Get()
  list(@Paginate({ sort: ['id'] }) page: PageRequest<[number]>): Page<Order> {
    const [last] = page.after ?? [0];
    const rows = Array.from({ length: page.take }, (_, index) => ({ id: last + index + 1 }));
    return Page.of(rows, page, ({ id }) => [id]);
  }

  @Get('count')
  @CachePublic()
  async count(): Promise<{ readonly count: number }> {
    return { count: await this.cache.wrap('count', async () => 3) };
  }

  @Get('slow')
  async slow(): Promise<Order> {
    new Logger('Orders').log('begins');
    await delay(1000);
    return { id: 1 };
  }

  @Sse('events')
  events(): Observable<MessageEvent> {
    return interval(50).pipe(map((id) => ({ data: { id } })));
  }
}

@Module({ imports: [ProductionConfigModule.forRoot()], controllers: [OrdersController] })
class AppModule {}

const config = ProductionConfig.loadOrExit();
const app =
  process.argv[2] === 'fastify'
    ? await NestFactory.create(AppModule, new FastifyAdapter())
    : await NestFactory.create(AppModule);
shutdownGracefully(app);
await app.listen(config.PORT);
