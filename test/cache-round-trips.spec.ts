import { Controller, Get, Res, UseInterceptors } from '@nestjs/common';
import { expect, it, onTestFinished } from 'vitest';
import { CacheVary, HttpCacheInterceptor, ProductionConfig } from 'nestjs-production-config';
import { written } from './support/cached-app.js';
import { startNode, until } from './support/cache-node.js';
import { sharedEnv, startRedis } from './support/cache-servers.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { sendRaw } from './support/raw-request.js';
import { describeWithServer } from './support/real-server.js';
import { rawRedis } from './support/redis-client.js';
import { startProxy } from './support/server-proxy.js';

/** A proxy that records what clients send, and can hold back every reply. */
async function listeningTo(target: string) {
  let [heard, isHeld] = ['', false];
  const held: (() => void)[] = [];
  const { url, stop } = await startProxy(target, (client, server) => {
    client.on('data', (data) => {
      heard += data.toString('latin1');
      server.write(data);
    });
    server.on('data', (data) => {
      if (isHeld) held.push(() => client.write(data));
      else client.write(data);
    });
  });
  onTestFinished(stop);
  return {
    url,
    heard: () => heard,
    hold: () => {
      [heard, isHeld] = ['', true];
    },
    release: () => {
      isHeld = false;
      for (const pass of held.splice(0)) pass();
    },
  };
}

describeWithServer('a change on Redis', startRedis, (server) => {
  it('takes one round trip: all its commands are sent before the first reply', async () => {
    const link = await listeningTo(server().url);
    const env = sharedEnv(server().url);
    const node = await startNode({ ...env, CACHE_URL: link.url }, true, ProductionConfig, { fleet: false });
    const sent = (...words: string[]) => until(() => words.every((word) => link.heard().includes(word)));

    link.hold();
    const setting = node.cache.set('k', 'value');
    await sent('SET\r\n', 'GETRANGE\r\n');
    link.release();
    await setting;

    link.hold();
    const deleting = node.cache.del('k');
    await sent('SET\r\n', 'GETRANGE\r\n');
    link.release();
    await deleting;

    const loading = node.loading.get('loaded', () => {
      link.hold();
      return 'value';
    });
    await sent('SET\r\n', '!staged:', 'EVAL\r\n');
    link.release();
    expect(await loading).toBe('value');
    expect(await (await startNode(env)).cache.get('loaded')).toBe('value');
  });
});

@Controller('products')
@UseInterceptors(HttpCacheInterceptor)
class ProductsController {
  @Get()
  @CacheVary('x-tenant')
  list(@Res({ passthrough: true }) reply: { header(name: string, value: string): void }) {
    reply.header('Vary', 'Accept-Language');
    return [{ id: 1 }];
  }
}

describeWithServer('a cached response of another process on Redis', startRedis, (server) => {
  it.each(ADAPTERS)('takes one round trip (%s)', async (adapter) => {
    const link = await listeningTo(server().url);
    const env = sharedEnv(server().url);
    const start = (own: object) =>
      startApp(adapter, [ProductsController], { env: { ...env, ...own }, fleet: false });
    const one = await start({});
    const other = await start({ CACHE_URL: link.url });
    const ask = async ({ url }: { url: string }, tenant: string) => {
      const { headers } = await sendRaw(url, '/products', { host: 'shop.example', 'x-tenant': tenant });
      return headers.get('x-cache');
    };
    // A process learns once which headers the responses vary by.
    await ask(one, 'a');
    await written(one);
    expect(await ask(other, 'a')).toBe('HIT');

    // HELLO is the heartbeat that the process sends each second.
    const commands = () =>
      [...link.heard().matchAll(/\*\d+\r\n\$\d+\r\n([A-Z]+)\r\n/g)]
        .map(([, command]) => command)
        .filter((command) => command !== 'HELLO');
    expect(await ask(one, 'b')).toBe('MISS');
    await written(one);
    const before = commands().length;
    expect(await ask(other, 'b')).toBe('HIT');
    expect(commands().slice(before)).toEqual(['GET']);
    expect(await ask(other, 'b')).toBe('HIT');
    expect(commands().slice(before)).toEqual(['GET']);
  });
});

describeWithServer('a loaded value on Redis', startRedis, (server) => {
  it('leaves only its entry, with its expiry', async () => {
    const env = sharedEnv(server().url);
    const node = await startNode(env);
    const client = await rawRedis(server().url);
    await node.loading.get('loaded', () => 'value', { ttlSeconds: 600 });
    await node.loading.get('again', () => 'value', { ttlSeconds: 0.05 });
    await node.loading.get('loaded', () => 'value');
    const names = await client('KEYS', `${env['CACHE_NAMESPACE']}:1!staged:*`);
    expect(names).toEqual([]);
    const left = Number(await client('PTTL', `${env['CACHE_NAMESPACE']}:1:loaded`));
    expect(left).toBeGreaterThan(60_000);
    expect(left).toBeLessThanOrEqual(600_000);
  });
});
