import {
  type ArgumentsHost,
  Catch,
  Controller,
  Get,
  Module,
  UseFilters,
  type ExceptionFilter,
  type INestApplicationContext,
} from '@nestjs/common';
import { APP_FILTER, ExternalContextCreator, NestFactory } from '@nestjs/core';
import {
  ClientProxyFactory,
  MessagePattern,
  Payload,
  Transport,
  type MicroserviceOptions,
} from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Test } from '@nestjs/testing';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { lastValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import {
  PageRequestError,
  PageRequestFilter,
  ProductionConfigModule,
  resolvePage,
} from 'nestjs-production-config';
import { readAnswer, startApp } from './support/http-app.js';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

const LIMITS = { pageSize: 20, maxPageSize: 60 };
const refused = {
  status: 'error',
  statusCode: 400,
  error: 'Bad Request',
  code: 'ERR_PAGE_REQUEST',
  parameter: 'limit',
  message: 'limit must be a whole number, at least 1',
};

@Controller()
class OrdersController {
  @MessagePattern('orders')
  orders(@Payload() input: unknown) {
    return resolvePage(input, LIMITS);
  }

  @MessagePattern('broken')
  broken() {
    throw new Error('the database is away');
  }
}

@Controller()
@UseFilters(PageRequestFilter)
class FilteredController extends OrdersController {}

const settings = ProductionConfigModule.forRoot({ env: { NODE_ENV: 'production', SECRET_KEY } });

@Module({ imports: [settings], controllers: [OrdersController] })
class OrdersModule {}

@Module({ imports: [settings], controllers: [FilteredController] })
class FilteredModule {}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** Sends a message over TCP; returns the response or the error. */
function caller(port: number): (pattern: string, data: unknown) => Promise<unknown> {
  const client = ClientProxyFactory.create({
    transport: Transport.TCP,
    options: { host: '127.0.0.1', port },
  });
  onTestFinished(() => void client.close());
  return (pattern, data) =>
    lastValueFrom(client.send<unknown>(pattern, data)).catch((error: unknown) => error);
}

const closeLater = <App extends INestApplicationContext>(app: App): App => {
  onTestFinished(() => app.close());
  return app;
};

describe('a PageRequestError is sent to the caller', () => {
  it('of a microservice', async () => {
    const logger = new RecordingLogger();
    const port = await freePort();
    const options = { transport: Transport.TCP, options: { host: '127.0.0.1', port }, logger } as const;
    const app = closeLater(await NestFactory.createMicroservice<MicroserviceOptions>(OrdersModule, options));
    await app.listen();
    const call = caller(port);
    expect(await call('orders', { limit: 5 })).toEqual({
      limit: 5,
      take: 6,
      offset: 0,
      direction: 'forward',
    });
    expect(await call('orders', { limit: 'x' })).toEqual(refused);
    expect(await call('orders', { last: 5 })).toMatchObject({ parameter: 'last' });
    expect(logger.of('error')).toEqual([]);
    expect(await call('broken', {})).toEqual({ status: 'error', message: 'Internal server error' });
  });

  it.each([
    ['that inherits the configuration of its application', OrdersModule, { inheritAppConfig: true }],
    ['whose controller lists PageRequestFilter', FilteredModule, {}],
  ])('of a connected microservice %s', async (_which, module, options) => {
    const port = await freePort();
    const app = closeLater(await NestFactory.create(module, { logger: false }));
    app.connectMicroservice<MicroserviceOptions>(
      { transport: Transport.TCP, options: { host: '127.0.0.1', port } },
      options,
    );
    await app.startAllMicroservices();
    expect(await caller(port)('orders', { limit: 'x' })).toEqual(refused);
  });

  it('of a gateway that lists PageRequestFilter', async () => {
    @WebSocketGateway()
    @UseFilters(PageRequestFilter)
    class OrdersGateway {
      @SubscribeMessage('orders')
      orders(@MessageBody() input: unknown) {
        return { event: 'orders', data: resolvePage(input, LIMITS) };
      }
    }
    const { url } = await startApp(
      'express',
      [],
      {},
      {
        providers: [OrdersGateway],
        prepare: (app) => void app.useWebSocketAdapter(new WsAdapter(app)),
      },
    );
    const socket = new WebSocket(url.replace('http', 'ws'));
    onTestFinished(() => socket.close());
    await once(socket, 'open');
    const call = async (data: unknown) => {
      socket.send(JSON.stringify({ event: 'orders', data }));
      const [message] = (await once(socket, 'message')) as [Buffer];
      return JSON.parse(message.toString()) as unknown;
    };
    expect(await call({ limit: 5 })).toEqual({
      event: 'orders',
      data: { limit: 5, take: 6, offset: 0, direction: 'forward' },
    });
    expect(await call({ limit: 'x' })).toEqual({ event: 'exception', data: refused });
  });
});

it('a GraphQL resolver throws a PageRequestError unchanged', async () => {
  const testing = await Test.createTestingModule({ imports: [settings], providers: [OrdersController] })
    .setLogger(new RecordingLogger())
    .compile();
  const resolver = testing.get(OrdersController);
  // This is how @nestjs/graphql calls a resolver.
  const call = testing
    .get(ExternalContextCreator)
    .create(
      resolver,
      () => resolver.orders({ first: 'x' }),
      'orders',
      '',
      undefined,
      undefined,
      undefined,
      undefined,
      'graphql',
    );
  await expect(call()).rejects.toThrow(PageRequestError);
});

@Controller('orders')
class HttpController {
  @Get()
  orders() {
    return resolvePage({ limit: 'x' }, LIMITS);
  }
}

@Catch()
class OwnFilter implements ExceptionFilter {
  catch(_error: unknown, host: ArgumentsHost) {
    const response = host
      .switchToHttp()
      .getResponse<{ status(code: number): { send(body: unknown): void } }>();
    response.status(422).send({ own: true });
  }
}

describe.each(['express', 'fastify'] as const)('a PageRequestError over HTTP on %s', (adapter) => {
  it('is sent with status 400', async () => {
    const { url } = await startApp(adapter, [HttpController]);
    const { status: _status, ...body } = refused;
    expect(await readAnswer(`${url}/orders`)).toMatchObject({ status: 400, body });
  });

  it.each(['provided', 'used'])('is passed to a filter of the application first (%s)', async (how) => {
    const { url } = await startApp(
      adapter,
      [HttpController],
      {},
      {
        providers: how === 'provided' ? [{ provide: APP_FILTER, useClass: OwnFilter }] : [],
        prepare: (app) => void (how === 'used' && app.useGlobalFilters(new OwnFilter())),
      },
    );
    expect(await readAnswer(`${url}/orders`)).toMatchObject({ status: 422, body: { own: true } });
  });
});
