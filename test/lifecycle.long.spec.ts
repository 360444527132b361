import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ClientProxyFactory, Transport } from '@nestjs/microservices';
import { firstValueFrom } from 'rxjs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { io } from 'socket.io-client';
import { WebSocket } from 'ws';
import { makeCertificate } from './support/certificate.js';
import { type Adapter, GRACEFUL, LifecycleProcess, readAll } from './support/lifecycle-process.js';
import { freePort } from './support/own-server.js';

/** The kinds of the short frames that a server sent after its upgrade to WebSocket. */
function kindsOfFrames(sent: Buffer): string[] {
  const kinds: string[] = [];
  for (let at = sent.indexOf('\r\n\r\n') + 4; at < sent.length; at += 2 + sent[at + 1]!) {
    kinds.push(sent[at] === 0x88 ? 'close' : 'other');
  }
  return kinds;
}

describe.each<Adapter>(['express', 'fastify'])('a process on %s that shuts down gracefully', (adapter) => {
  it('answers a request that arrived while the event loop was busy, instead of closing its connection as idle', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'stall', DRAIN_SECONDS: '1' });
    const socket = connect(service.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    service.signal();
    await service.prints('stalling');
    socket.write('GET /x HTTP/1.1\r\nHost: localhost\r\n\r\n');
    // Longer than idle connections stay open.
    await delay(700);
    service.say('go on\n');
    expect((await readAll(socket)).toString()).toMatch(/^HTTP\/1.1 200/);
    expect(await service.ended).toEqual(GRACEFUL);
  });

  it('closes the WebSockets of a busy gateway with 1001, and sends nothing after that', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'gateway' });
    const received: Buffer[] = [];
    const connection = connect(service.port, '127.0.0.1').on('data', (chunk) => received.push(chunk));
    const socket = new WebSocket(service.url('/gateway').replace('http', 'ws'), {
      createConnection: () => connection,
    });
    await once(socket, 'open');
    socket.send(JSON.stringify({ event: 'ticks' }));
    await once(socket, 'message');
    service.signal();
    expect((await once(socket, 'close'))[0]).toBe(1001);
    // Chromium counts any frame after the first close frame as a failure, with the code 1006.
    const kinds = kindsOfFrames(Buffer.concat(received));
    expect(kinds.indexOf('close')).toBe(kinds.length - 1);
    expect(await service.ended).toEqual(GRACEFUL);
    expect(service.output).not.toMatch(/ERROR|Cut off/);
  });

  it.each([
    ['polling', 'transport closed by the server'],
    ['websocket', 1001],
  ])('ends the connection of a Socket.IO client by %s as the protocol has it: %s', async (transport, how) => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'socket.io' });
    const client = io(service.url(''), { path: '/gateway', transports: [transport], reconnection: false });
    onTestFinished(() => void client.close());
    await new Promise<void>((resolve) => client.on('connect', resolve));
    const ending = new Promise((resolve) => {
      client.io.engine.on('close', (reason, details) => {
        // Of a poll, what the client says of it; of a WebSocket, its close event.
        const { description, context } = details as { description: string; context?: { code: number } };
        resolve([reason, context?.code ?? description]);
      });
    });
    service.signal();
    expect(await ending).toEqual(['transport close', how]);
    expect(await service.ended).toEqual(GRACEFUL);
    expect(service.output).not.toMatch(/Error|Cut off/);
  });

  it('cuts off requests that do not end, names them without their query, and runs the hooks', async () => {
    const service = await LifecycleProcess.listening(adapter, { SHUTDOWN_SECONDS: '6' });
    const lost = expect(fetch(service.url('/x?ms=600000&token=Tr0mbone'))).rejects.toThrow();
    await service.prints('started 600000');
    service.signal();
    expect(await service.ended).toEqual(GRACEFUL);
    await lost;
    expect(service.output).toMatch(/Cut off: phase closing; open: GET \/x \(\d\.\d s\)/);
    expect(service.output).not.toContain('Tr0mbone');
    expect(service.output).toContain('disconnected');
  });

  it('serves every address of localhost, and loses no request there', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'localhost' });
    const hosts: string[] = [];
    for (const host of ['127.0.0.1', '[::1]']) {
      const probe = await fetch(service.url('/readyz', host)).catch(() => undefined);
      if (probe?.status === 200) hosts.push(host);
    }
    expect(hosts.length).toBeGreaterThan(0);
    const responses = hosts.map((host, index) => fetch(service.url(`/x?ms=${600 + index}`, host)));
    for (const index of hosts.keys()) await service.prints(`started ${600 + index}`);
    service.signal();
    for (const response of responses) expect((await response).status).toBe(200);
    expect(await service.ended).toEqual(GRACEFUL);
  });
});

describe('a process that shuts down gracefully', () => {
  const adapter = 'express';

  it.each([
    ['broker', 'a microservice on a broker is closed once'],
    ['two', 'another application of the process does not listen'],
  ])('completes a request in flight (%s): %s', async (variant) => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: variant });
    const response = fetch(service.url('/x?ms=700'));
    await service.prints('started 700');
    service.signal();
    expect(await (await response).json()).toEqual({ row: 'row' });
    expect(await service.ended).toEqual(GRACEFUL);
    expect(service.output).not.toContain('ERROR');
  });

  it('does not wait for the TLS handshake of a client that sends nothing', async ({ skip }) => {
    const folder = mkdtempSync(join(tmpdir(), 'lifecycle-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const [TLS_KEY, TLS_CERTIFICATE] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    if (!makeCertificate(TLS_KEY, TLS_CERTIFICATE)) {
      if (process.env['CI'] === 'true') throw new Error('openssl is not installed, and CI must have it');
      console.warn('SKIPPED: openssl is not installed');
      return skip('openssl is not installed');
    }
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'https', TLS_KEY, TLS_CERTIFICATE });
    const socket = connect(service.port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await once(socket, 'connect');
    service.signal();
    expect(await service.ended).toEqual(GRACEFUL);
  });

  it('does not wait for pipelined requests of a client that has left', async () => {
    const service = await LifecycleProcess.listening(adapter);
    const socket = connect(service.port, '127.0.0.1');
    const request = (ms: number) => `GET /x?ms=${ms} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    socket.write(request(300) + request(1));
    await service.prints('started 300');
    socket.destroy();
    await once(socket, 'close');
    service.signal();
    expect(await service.ended).toEqual(GRACEFUL);
    expect(service.output).not.toContain('Cut off');
  });

  it('exits with 1 if a hook does not end in time, and says so', async () => {
    const service = await LifecycleProcess.listening(adapter, {
      SHUTDOWN_SECONDS: '6',
      VARIANT: 'hanging-hook',
    });
    service.signal();
    expect(await service.ended).toEqual({ code: 1, signal: null });
    expect(service.output).toContain('Not ended within 6 s: phase hooks; open: nothing');
  });

  it('exits at once on a second signal', async () => {
    const service = await LifecycleProcess.listening(adapter, { DRAIN_SECONDS: '60' });
    service.signal();
    await service.prints('draining');
    service.signal('SIGINT');
    expect(await service.ended).toEqual({ code: 130, signal: null });
  });

  it('ends by the signal itself during boot', async () => {
    const service = await LifecycleProcess.start(adapter, { VARIANT: 'slow-boot' });
    await service.prints('InstanceLoader');
    service.signal();
    expect(await service.ended).toEqual({ code: null, signal: 'SIGTERM' });
  });

  it.each(['hooks-before', 'hooks-after'])(
    'runs the hooks once if Nest would run them, too (%s)',
    async (variant) => {
      const service = await LifecycleProcess.listening(adapter, { VARIANT: variant });
      const response = fetch(service.url('/x?ms=500'));
      await service.prints('started 500');
      service.signal();
      expect((await response).status).toBe(200);
      expect(await service.ended).toEqual(GRACEFUL);
      expect(service.output.match(/disconnected/g)).toHaveLength(1);
      expect(service.output.includes('enableShutdownHooks() has no effect')).toBe(variant === 'hooks-after');
    },
  );

  it('completes a message of a microservice in flight before a service disconnects', async () => {
    const port = await freePort();
    const service = await LifecycleProcess.listening(adapter, {
      VARIANT: 'hybrid',
      MESSAGE_PORT: String(port),
    });
    const client = ClientProxyFactory.create({
      transport: Transport.TCP,
      options: { host: '127.0.0.1', port },
    });
    onTestFinished(() => client.close());
    const reply = firstValueFrom(client.send<string>('slow', 2500));
    await service.prints('handling 2500');
    service.signal();
    expect(await reply).toBe('done');
    expect(await service.ended).toEqual(GRACEFUL);
    expect(service.output).toContain('disconnected');
  });
});

describe.each<Adapter>(['express', 'fastify'])('probes on %s', (adapter) => {
  it('are not subject to guards, prefix and versioning', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'denied' });
    expect((await fetch(service.url('/api/x'), { headers: { Version: '1' } })).ok).toBe(false);
    const live = await fetch(service.url('/livez?from=balancer'));
    expect([live.status, live.headers.get('cache-control'), await live.json()]).toEqual([
      200,
      'no-store',
      { state: 'alive' },
    ]);
    expect((await fetch(service.url('/readyz'), { method: 'HEAD' })).status).toBe(200);
    expect((await fetch(service.url('/readyz'), { method: 'POST' })).ok).toBe(false);
  });

  it('are not subject to a global ThrottlerGuard, also while the process drains', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'throttled', DRAIN_SECONDS: '60' });
    const statuses = async (path: string) => {
      const all: number[] = [];
      for (let n = 0; n < 3; n++) all.push((await fetch(service.url(path))).status);
      return all;
    };
    expect(await statuses('/x')).toEqual([200, 429, 429]);
    expect(await statuses('/livez')).toEqual([200, 200, 200]);
    expect(await statuses('/readyz')).toEqual([200, 200, 200]);
    service.signal();
    await service.prints('draining');
    expect(await statuses('/x')).toEqual([429, 429, 429]);
    expect(await statuses('/livez')).toEqual([200, 200, 200]);
    expect(await statuses('/readyz')).toEqual([503, 503, 503]);
    service.signal();
    await service.ended;
  });

  it('leave a path to a route of the application, and warn', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'taken' });
    expect(await (await fetch(service.url('/taken'))).text()).toBe('of the application');
    expect((await fetch(service.url('/ready'))).status).toBe(200);
    expect((await fetch(service.url('/readyz'))).status).toBe(404);
    expect(service.output).toContain('The application has a route at /taken');
  });

  it('do not keep the application from answering a request that offers an upgrade', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'no-sockets' });
    const request = get(service.url('/x'), {
      headers: {
        Connection: 'Upgrade, HTTP2-Settings',
        Upgrade: 'h2c',
        'HTTP2-Settings': 'AAMAAABkAAQCAAAAAAIAAAAA',
      },
    });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    response.resume();
    expect(response.statusCode).toBe(200);
  });

  it('are not ready during a hold, and show its reason', async () => {
    const service = await LifecycleProcess.listening(adapter, { VARIANT: 'held' });
    const held = await fetch(service.url('/readyz'));
    expect([held.status, await held.json()]).toEqual([503, { state: 'starting', reasons: ['a warm-up'] }]);
    service.say('release');
    await expect.poll(async () => (await fetch(service.url('/readyz'))).status).toBe(200);
  });
});

it('an HTTP/2 session completes its request, its event streams end although the application writes, and then it ends', async () => {
  const service = await LifecycleProcess.listening('fastify', { VARIANT: 'http2' });
  const session = connectHttp2(service.url(''));
  const ended = once(session, 'goaway');
  const streams = Array.from({ length: 20 }, () => session.request({ ':path': '/events?ms=1' }));
  await Promise.all(streams.map((stream) => once(stream, 'data')));
  const body = readAll(session.request({ ':path': '/x?ms=700' }));
  await service.prints('started 700');
  service.signal();
  expect((await body).toString()).toBe('{"row":"row"}');
  await Promise.all(streams.map(readAll));
  for (const { rstCode } of streams) expect(rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  expect((await ended)[0]).toBe(constants.NGHTTP2_NO_ERROR);
  expect(await service.ended).toEqual(GRACEFUL);
  expect(service.output).not.toContain('Cut off');
});

const canContain = spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;
if (!canContain) console.warn('SKIPPED: this user can make no PID namespace');

describe.skipIf(!canContain)('as process 1 of a container', () => {
  const start = async (variant: string, ready: string) => {
    const service = await LifecycleProcess.start('express', { VARIANT: variant, DRAIN_SECONDS: '60' }, true);
    await service.prints(ready);
    return service;
  };

  it.each([
    ['slow-create', 'Starting Nest application'],
    ['slow-boot', 'InstanceLoader'],
  ])('a process ends on a signal during boot (%s)', async (variant, ready) => {
    const service = await start(variant, ready);
    // The line appears before the configuration is loaded.
    await service.signalUntilEnded();
    expect(await service.ended).toEqual({ code: 143, signal: null });
  });

  it('a process ends at once on the second signal', async () => {
    const service = await start('', 'listening');
    service.signal();
    await service.prints('draining');
    service.signal();
    expect(await service.ended).toEqual({ code: 143, signal: null });
  });
});
