import { once } from 'node:events';
import { connect } from 'node:net';
import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startNode } from './support/cache-node.js';
import { sharedEnv, startMemcached, startRedis } from './support/cache-servers.js';
import { describeWithServer } from './support/real-server.js';
import { rawRedis } from './support/redis-client.js';

const lockName = (namespace: string, key: string) => `${namespace}:1!lock:${key}`;

const FOREIGN: Record<string, (name: string) => string[]> = {
  'a text without expiry': (name) => ['SET', name, 'somebody'],
  'an owner without expiry': (name) => ['SET', name, randomUUID()],
  'a text that expires tomorrow': (name) => ['SET', name, 'somebody', 'EX', '86400'],
  'a list': (name) => ['RPUSH', name, 'a', 'b'],
  'a hash': (name) => ['HSET', name, 'a', 'b'],
};

describeWithServer('foreign data in place of a lock on Redis', startRedis, (server) => {
  it.each(Object.keys(FOREIGN))('(%s) delays a load no longer than a lock does', async (what) => {
    const env = sharedEnv(server().url);
    const raw = await rawRedis(server().url);
    const name = lockName(env['CACHE_NAMESPACE']!, 'report');
    await raw(...FOREIGN[what]!(name));
    const node = await startNode(env);
    expect(await node.loading.get('report', () => 'loaded', { lock: true })).toBe('loaded');
    expect(await (await startNode(env)).cache.get('report')).toBe('loaded');
    // Now there is a real lock, or none.
    expect(await raw('PTTL', name)).not.toBe(-1);
  });
});

describe('foreign data in place of a lock on memcached', () => {
  describeWithServer('without expiry', startMemcached, (server) => {
    it.each([
      ['a text', 'somebody'],
      ['an owner', randomUUID()],
      ['an owner whose lock has expired', `${randomUUID()} ${Date.now() - 10_000}`],
    ])('(%s) delays a load no longer than a lock does', async (_what, value) => {
      const env = sharedEnv(server().url);
      const { hostname, port } = new URL(server().url);
      const socket = connect(Number(port), hostname);
      const name = lockName(env['CACHE_NAMESPACE']!, 'report');
      socket.write(`set ${name} 0 0 ${value.length}\r\n${value}\r\n`);
      expect(String((await once(socket, 'data'))[0])).toBe('STORED\r\n');
      socket.destroy();
      const node = await startNode(env);
      expect(await node.loading.get('report', () => 'loaded', { lock: true })).toBe('loaded');
      expect(await (await startNode(env)).cache.get('report')).toBe('loaded');
    });
  });
});
