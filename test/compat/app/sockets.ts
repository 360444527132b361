import { setTimeout as pause } from 'node:timers/promises';
import { Controller, Get, type INestApplication, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { IoAdapter } from '@nestjs/platform-socket.io';
import { WsAdapter } from '@nestjs/platform-ws';
import { WebSocketGateway } from '@nestjs/websockets';
import { ProductionConfigModule, shutdownGracefully } from 'nestjs-production-config';
import { AppConfig } from './app.config.js';

/** `sockets.js <express|fastify> <ws|socket.io|http2>` */
const [, , adapter, protocol] = process.argv;

@WebSocketGateway()
class Gateway {}

@Controller('slow')
class SlowController {
  /** Takes longer than it takes to send a signal. */
  @Get()
  async slow() {
    await pause(500);
    return { slow: true };
  }
}

@Module({
  imports: [ProductionConfigModule.forRoot({ config: AppConfig })],
  // A gateway would listen for upgrades, which an HTTP/2 server has not.
  providers: protocol === 'http2' ? [] : [Gateway],
  controllers: [SlowController],
})
class SocketsModule {}

async function create(): Promise<INestApplication> {
  if (adapter === 'express') return NestFactory.create(SocketsModule);
  return NestFactory.create(SocketsModule, new FastifyAdapter(protocol === 'http2' ? { http2: true } : {}));
}

async function start(): Promise<void> {
  const app = await create();
  shutdownGracefully(app);
  if (protocol !== 'http2')
    app.useWebSocketAdapter(protocol === 'ws' ? new WsAdapter(app) : new IoAdapter(app));
  await app.listen(app.get(AppConfig).PORT, '127.0.0.1');
}

void start();
