import { once } from 'node:events';
import { Agent } from 'node:http';
import { connect } from 'node:net';
import { Controller, type DynamicModule, Get, Inject } from '@nestjs/common';
import { HealthCheck, HealthCheckService, TerminusModule } from '@nestjs/terminus';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import { ProductionConfigModule, Readiness, shutdownGracefully } from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';
import {
  type Adapter,
  GRACEFUL,
  LifecycleProcess,
  readAll,
  responseOf,
} from './support/lifecycle-process.js';
import { startApp } from './support/http-app.js';

/** What clients of a process saw that got a signal while each of them was busy with it. */
async function shutDownBusy(adapter: Adapter) {
  const service = await LifecycleProcess.listening(adapter);
  const stream = await responseOf(service.url('/events'));
  await once(stream, 'data');
  const report = await fetch(service.url('/report'), { method: 'POST' });
  await service.prints('reporting');
  const socket = connect(service.port, '127.0.0.1');
  socket.write(
    'GET /socket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await once(socket, 'data');
  const response = fetch(service.url('/x?ms=700'));
  await service.prints('started 700');
  service.signal();
  await service.prints('draining');
  service.say('complete the report');
  const [row, reported, frames] = await Promise.all([
    response.then((answer) => answer.json()),
    report.text(),
    readAll(socket),
    readAll(stream),
  ]);
  return { row, reported, frames, stream, ended: await service.ended, output: service.output };
}

describe.each<Adapter>(['express', 'fastify'])('a process on %s that shuts down gracefully', (adapter) => {
  let shutDown: ReturnType<typeof shutDownBusy> | undefined;
  const busy = () => (shutDown ??= shutDownBusy(adapter));

  it('completes a request in flight before a service disconnects, and exits with 0', async () => {
    const { row, ended, output } = await busy();
    expect(row).toEqual({ row: 'row' });
    expect(ended).toEqual(GRACEFUL);
    expect(output).toContain('disconnected');
    expect(output).toMatch(/\[Shutdown\] .*SIGTERM: draining for 0 s, 3 requests in flight/);
    expect(output).not.toContain('Cut off');
  });

  it('ends an event stream cleanly', async () => {
    expect((await busy()).stream.complete).toBe(true);
  });

  it('completes an event stream that answers a POST', async () => {
    expect((await busy()).reported).toBe('data: 1\n\ndata: last\n\n');
  });

  it('closes a WebSocket with 1001, and does not wait long for its answer', async () => {
    expect((await busy()).frames.toString('hex')).toBe('880203e9');
  });

  it('does not print the warning that names shutdownGracefully()', async () => {
    expect((await busy()).output).not.toContain('shutdownGracefully');
  });

  it('serves while it drains, is not ready, and announces that connections end', async () => {
    const service = await LifecycleProcess.listening(adapter, { DRAIN_SECONDS: '60' });
    expect((await fetch(service.url('/readyz'))).status).toBe(200);
    const agent = new Agent({ keepAlive: true });
    const before = await responseOf(service.url('/x'), agent);
    before.resume();
    expect(before.headers.connection).not.toBe('close');
    service.signal();
    await service.prints('draining');
    const ready = await fetch(service.url('/readyz'));
    expect([ready.status, await ready.json()]).toEqual([
      503,
      { state: 'draining', reasons: ['the application is ending'] },
    ]);
    expect((await fetch(service.url('/livez'))).status).toBe(200);
    const during = await responseOf(service.url('/x'), agent);
    during.resume();
    expect([during.statusCode, during.headers.connection]).toEqual([200, 'close']);
    agent.destroy();
    service.signal();
    await service.ended;
  });
});

it('production requires shutdownGracefully() by a warning that names it', async () => {
  const stock = await LifecycleProcess.listening('express', { VARIANT: 'stock' });
  await stock.prints('main.ts does not call shutdownGracefully(app)');
});

@Controller()
class HealthController {
  constructor(
    @Inject(HealthCheckService) private readonly checks: HealthCheckService,
    @Inject(Readiness) private readonly readiness: Readiness,
  ) {}

  @Get('health')
  @HealthCheck()
  health() {
    return this.checks.check([() => this.readiness.indicator(), () => this.readiness.indicator('again')]);
  }
}

it('the indicator of @nestjs/terminus is down during a hold and names its reason', async () => {
  const { app, url } = await startApp(
    'fastify',
    [HealthController],
    {},
    { imports: [TerminusModule.forRoot({ logger: false })] },
  );
  const health = async () => {
    const response = await fetch(`${url}/health`);
    return [response.status, await response.json()];
  };
  const release = app.get(Readiness).hold('a warm-up');
  const held = { status: 'down', state: 'starting', reasons: ['a warm-up'] };
  expect(await health()).toEqual([
    503,
    expect.objectContaining({ status: 'error', error: { readiness: held, again: held } }),
  ]);
  release();
  const ready = { status: 'up', state: 'ready', reasons: [] };
  expect(await health()).toEqual([
    200,
    expect.objectContaining({ status: 'ok', info: { readiness: ready, again: ready } }),
  ]);
});

it('shutdownGracefully() reports incorrect use', async () => {
  const create = async (imports: DynamicModule[]) =>
    (await Test.createTestingModule({ imports }).compile()).createNestApplication();
  const env = { SECRET_KEY };
  const bare = await create([]);
  expect(() => shutdownGracefully(bare)).toThrow(
    expect.objectContaining({
      code: 'ERR_LIFECYCLE',
      message: expect.stringContaining('forRoot()') as string,
    }),
  );
  const wrong = await create([ProductionConfigModule.forRoot({ env, probes: { live: 'livez' } })]);
  expect(() => shutdownGracefully(wrong)).toThrow('must start with a slash');
  const app = await create([ProductionConfigModule.forRoot({ env, probes: false })]);
  const before = process.listenerCount('SIGTERM');
  shutdownGracefully(app);
  expect(() => shutdownGracefully(app)).toThrow('called twice');
  await app.listen(0, '127.0.0.1');
  expect((await fetch(`${await app.getUrl()}/livez`)).status).toBe(404);
  await app.close();
  expect(process.listenerCount('SIGTERM')).toBe(before);
});

it('Readiness follows its checks, and shows no error', async () => {
  const readiness = new Readiness();
  expect([readiness.state, readiness.reasons]).toEqual(['starting', ['the application is starting']]);
  readiness.onApplicationBootstrap();
  let run = async () => false;
  const end = readiness.check('disk', () => run(), { everySeconds: 0.01, timeoutMs: 50 });
  expect(readiness.reasons).toEqual(['disk has not been checked yet']);
  await expect.poll(() => readiness.reasons).toEqual(['disk fails']);
  run = async () => true;
  await expect.poll(() => readiness.state).toBe('ready');
  run = async () => {
    throw new Error('password Tr0mbone');
  };
  await expect.poll(() => readiness.reasons).toEqual(['disk fails']);
  run = async () => true;
  await expect.poll(() => readiness.state).toBe('ready');
  run = () => new Promise(() => undefined);
  await expect.poll(() => readiness.reasons).toEqual(['disk fails']);
  end();
  expect([readiness.state, readiness.reasons]).toEqual(['ready', []]);
  const release = readiness.hold('a warm-up');
  expect([readiness.state, readiness.reasons]).toEqual(['starting', ['a warm-up']]);
  release();
  readiness.beforeApplicationShutdown();
  expect([readiness.state, readiness.reasons]).toEqual(['draining', ['the application is ending']]);
});
