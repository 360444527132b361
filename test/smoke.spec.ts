import { CACHE_MANAGER, type Cache } from '@nestjs/cache-manager';
import { Controller, Get, Module, UseInterceptors } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { expect, it } from 'vitest';
import {
  BaseConfig,
  ConfigError,
  Paginate,
  PaginationInterceptor,
  ProductionConfig,
  ProductionConfigModule,
  type PageRequest,
} from 'nestjs-production-config';

const KEY = 'k9Zp2xQw7LmN4vBtR8sYc3HdJ6fGaE1uXo5TqWiVbKn';
@Controller('l')
@UseInterceptors(PaginationInterceptor)
class C {
  @Get() list(@Paginate() page: PageRequest) {
    return Array.from({ length: page.take }, (_, i) => i + page.offset);
  }
  @Get('g') async *gen() {
    for (let i = 0; i < 1e6; i++) yield i;
  }
}
it('works', async () => {
  @Module({
    imports: [ProductionConfigModule.forRoot({ env: { SECRET_KEY: KEY, PAGE_SIZE: '5' } })],
    controllers: [C],
  })
  class AppModule {}
  for (const adapter of [undefined, new FastifyAdapter()]) {
    const app = await NestFactory.create(AppModule, ...((adapter ? [adapter] : []) as []));
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    for (const p of ['/l', '/l?limit=3&a=%20b', '/l?limit=99', '/l?limit=x', '/l/g']) {
      const r = await fetch(url + p);
      console.log(p, r.status, r.headers.get('link'), await r.text());
    }
    console.log(
      app.get(ProductionConfig),
      app.get(BaseConfig) === app.get(ProductionConfig),
      app.get(ConfigService),
      app.get(ConfigService).get('PAGE_SIZE'),
      app.get(ConfigService).get('SECRET_KEY'),
    );
    const cache = app.get<Cache>(CACHE_MANAGER);
    await cache.set('a', { x: [1] });
    console.log(await cache.get('a'), cache.stores[0]?.constructor.name);
    await app.close();
  }
  await expect(
    Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ env: { PAGE_SIZE: '0', SECRET_KYE: 'x' } })],
    }).compile(),
  ).rejects.toThrow(ConfigError);
  try {
    ProductionConfig.load({
      PAGE_SIZE: '0',
      CACHE_URL: 'redis://x',
      DEBUG: 'express:*',
      CACHE_MAX_ENTRIES: '0',
      MAX_PAGE_SIZE: '10',
    });
  } catch (e) {
    console.log((e as ConfigError).report);
  }
  console.log(ProductionConfig.load({ SECRET_KEY: KEY, DATABASE_URL: 'postgres://a:b@c/d' }).explain());
});
