import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNode, until, type CacheNode } from './support/cache-node.js';
import {
  sharedEnv,
  startMemcached,
  startOwnMemcached,
  startOwnRedis,
  startRedis,
} from './support/cache-servers.js';
import { describeWithServer } from './support/real-server.js';
import { run, type Ended } from './support/run.js';
import { slowLinkTo } from './support/slow-link.js';

const SHARED = { Redis: startRedis, memcached: startMemcached };
const OWN = { Redis: () => startOwnRedis(), memcached: startOwnMemcached };

/** Runs a process that executes a plan and closes its application. */
function script(plan: object, env: Record<string, string>): Promise<Ended> {
  return run('.build/test/fixtures/one-shot.app.js', {
    args: [JSON.stringify(plan)],
    env: { NODE_ENV: 'production', SECRET_KEY: 'h7cQ2vXk9LmT4wPz8RbN6yJd3FgS5aKe', ...env },
  });
}

/** Whether a call settles within a few turns of the event loop. */
async function isAnswered(call: Promise<unknown>): Promise<boolean> {
  const answered = call.then(() => true);
  const turns = (async () => {
    for (let n = 0; n < 5; n++) await turn();
    return false;
  })();
  return Promise.race([answered, turns]);
}

describe.each(['Redis', 'memcached'] as const)('before the first connection to %s', (name) => {
  describeWithServer('a script that ends immediately', SHARED[name], (server) => {
    // In the second case every call times out before the connection is up, and the shutdown sends the changes.
    const CASES = [
      ['waits for the connection', 0, '10000'],
      ['is connected only after its calls time out', 1200, '600'],
    ] as const;

    it.each(CASES)('deletes and sets for the whole fleet if it %s', async (_what, connectMs, timeout) => {
      const env = { ...sharedEnv(server().url) };
      // A new process, which reads from the server even without invalidations.
      const other = () => startNode(env);
      await (
        await other()
      ).cache.mset([
        { key: 'product:7', value: 'old' },
        { key: 'admins', value: 'old' },
        { key: 'product:8', value: 'kept' },
      ]);
      const link = await slowLinkTo(server().url);
      link.connectMs = connectMs;
      const { code, stdout, stderr } = await script(
        {
          boot: [['set', 'admins', ['ann', 'bob'], 0]],
          run: [
            ['del', 'product:7'],
            ['set', 'new', 1, 0],
          ],
        },
        { ...env, CACHE_URL: link.url, CACHE_TIMEOUT_MS: timeout },
      );
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain('was closed before');
      const { cache } = await other();
      expect(await cache.mget(['product:7', 'admins', 'new', 'product:8'])).toEqual([
        undefined,
        ['ann', 'bob'],
        1,
        'kept',
      ]);
    });

    it('sends changes that it did not await', async () => {
      const env = sharedEnv(server().url);
      await (await startNode(env)).cache.set('product:7', 'old');
      const ended = await script({ run: [['del', 'product:7']], hurries: true }, env);
      expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
      expect(await (await startNode(env)).cache.get('product:7')).toBeUndefined();
    });

    it('clears the cache, and stores what it sets afterwards', async () => {
      const env = sharedEnv(server().url);
      await (await startNode(env)).cache.set('old', 'old');
      const link = await slowLinkTo(server().url);
      link.connectMs = 1200;
      const plan = {
        run: [
          ['clear', ''],
          ['set', 'new', 'new', 0],
        ],
      };
      expect((await script(plan, { ...env, CACHE_URL: link.url, CACHE_TIMEOUT_MS: '600' })).code).toBe(0);
      expect(await (await startNode(env)).cache.mget(['old', 'new'])).toEqual([undefined, 'new']);
    });

    it('gets values that other processes have loaded', async () => {
      const env = sharedEnv(server().url);
      await (await startNode(env)).loading.get('product:7', () => 'by the first');
      const { stdout } = await script({ boot: [['load', 'product:7', 'again']] }, env);
      expect(stdout).toBe('"by the first"\n');
    });
  });

  describeWithServer('a service', SHARED[name], (server) => {
    it('boots without waiting for the connection', async () => {
      const link = await slowLinkTo(server().url);
      link.halt();
      // Waiting for the connection would exceed the test timeout.
      const env = { ...sharedEnv(link.url), CACHE_TIMEOUT_MS: '60000' };
      const node = await startNode(env, false);
      expect(node.shared().isConnected).toBe(false);
      link.resume();
      await until(() => node.shared().isConnected);
    });

    it('delays all its calls together by at most one call timeout', async () => {
      const link = await slowLinkTo(server().url);
      link.halt();
      const node = await startNode({ ...sharedEnv(link.url), CACHE_TIMEOUT_MS: '300' }, false);
      const first = node.cache.get('first');
      expect(await isAnswered(first)).toBe(false);
      const second = node.cache.set('second', 2);
      await first;
      expect(await isAnswered(second)).toBe(true);
      for (const call of [() => node.cache.get('third'), () => node.cache.del('second')]) {
        expect(await isAnswered(call())).toBe(true);
      }
      expect(await isAnswered(node.loading.get('loaded', () => 'here'))).toBe(true);
    });

    it('sends its changes after it has connected, even after a long time', async () => {
      const env = sharedEnv(server().url);
      const other = await startNode(env);
      await other.cache.set('k', 'old');
      const link = await slowLinkTo(server().url);
      link.halt();
      const node = await startNode({ ...env, CACHE_URL: link.url, CACHE_TIMEOUT_MS: '50' }, false);
      await node.cache.set('k', 'new', 0);
      await node.cache.set('short', 'new', 1);
      link.resume();
      await until(async () => (await (await startNode(env)).cache.get('k')) === 'new');
      await until(async () => (await node.cache.get('k')) === 'new');
      expect(await node.cache.get('short')).toBeUndefined();
    });

    it('does not overwrite a newer value of another process', async () => {
      const env = sharedEnv(server().url);
      const other = await startNode(env);
      const link = await slowLinkTo(server().url);
      link.halt();
      const node = await startNode({ ...env, CACHE_URL: link.url, CACHE_TIMEOUT_MS: '50' }, false);
      await node.cache.set('k', 'older', 0);
      await node.cache.set('sentinel', 1, 0);
      await turn();
      await other.cache.set('k', 'newer', 0);
      link.resume();
      // Both keys are sent together.
      await until(async () => (await (await startNode(env)).cache.get('sentinel')) === 1);
      expect(await (await startNode(env)).cache.get('k')).toBe('newer');
      await until(async () => (await node.cache.get('k')) === 'newer');
    });
  });

  describeWithServer('while the server is unreachable', OWN[name], (server) => {
    it.each(['down', 'silent'])('(%s) a script leaves no open socket when it closes', async (how) => {
      if (how === 'down') await server().kill();
      else server().freeze();
      onTestFinished(async () => {
        server().thaw();
        await server().kill();
        await server().start();
      });
      // The client reconnects repeatedly.
      const env = { ...sharedEnv(server().url), CACHE_TIMEOUT_MS: '50' };
      const { code, stdout } = await script({ run: [['get', 'a']], tellsSockets: true }, env);
      expect({ code, last: stdout.split('\n').at(-2) }).toEqual({ code: 0, last: 'sockets: ' });
    });

    it('a script ends, and logs how many changes it could not send', async () => {
      await server().kill();
      const env = { ...sharedEnv(server().url), CACHE_TIMEOUT_MS: '50' };
      const ended = await script({ boot: [['set', 'a', 1]], run: [['del', 'b']] }, env);
      expect(ended.code).toBe(0);
      expect(ended.stdout + ended.stderr).toContain('was closed before changes of 2 keys reached it');
      expect((await script({ run: [['get', 'a']] }, env)).stdout).not.toContain('was closed before');
    });
  });
});

/** Waits until invalidations have brought every process to the same value. */
function agree(nodes: readonly CacheNode[], key: string, value: unknown): Promise<void> {
  return until(async () =>
    (await Promise.all(nodes.map(({ cache }) => cache.get(key)))).every((v) => v === value),
  );
}

describeWithServer('processes that set the same key before their first connection', startRedis, (server) => {
  it('agree on the value that was set last', async () => {
    const env = sharedEnv(server().url);
    const links = [await slowLinkTo(server().url), await slowLinkTo(server().url)];
    for (const link of links) link.halt();
    const nodes = await Promise.all(
      links.map(({ url }) => startNode({ ...env, CACHE_URL: url, CACHE_TIMEOUT_MS: '500' }, false)),
    );
    await nodes[0]!.cache.set('k', 'first', 0);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await nodes[1]!.cache.set('k', 'last', 0);
    for (const link of links.toReversed()) link.resume();
    await agree([...nodes, await startNode(env)], 'k', 'last');
  });
});
