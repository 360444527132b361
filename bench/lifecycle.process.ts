import { Controller, Get, Module, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { ProductionConfigModule, shutdownGracefully } from 'nestjs-production-config';
import { serveLoad } from './support/served-load.js';

@Controller('x')
class SmallController {
  @Get()
  read() {
    return { ok: true };
  }
}

const [, , adapter, variant] = process.argv;

@Module({ imports: [ProductionConfigModule.forRoot()], controllers: [SmallController] })
class AppModule {}

const app: INestApplication =
  adapter === 'fastify'
    ? await NestFactory.create<NestFastifyApplication>(AppModule, new FastifyAdapter(), { logger: false })
    : await NestFactory.create(AppModule, { logger: false });
if (variant === 'observed') shutdownGracefully(app);
await serveLoad(app);
