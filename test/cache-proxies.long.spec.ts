import { describe, expect, it } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { startNode, until } from './support/cache-node.js';
import { sharedEnv, startOwnRedis } from './support/cache-servers.js';
import { choosyProxy, type Refusal } from './support/choosy-proxy.js';
import { describeWithServer } from './support/real-server.js';
import { rawRedis } from './support/redis-client.js';

const PASSWORD = 'Tr0mbone-Quartz-58';

const WORDINGS: Record<string, Refusal> = {
  'as an old server': "ERR unknown command 'HELLO', with args beginning with: '3' ",
  'without naming the command': 'ERR unknown command',
  'with another message': 'unsupported command',
  'as not permitted': "NOPERM this user has no permissions to run the 'hello' command",
  'as not authenticated': 'NOAUTH Authentication required.',
  'as denied': 'DENIED',
  'for the protocol version': 'NOPROTO unsupported protocol version',
  'by closing the connection': 'close',
};

const ACCOUNTS: Record<string, [options: string[], account: string]> = {
  'without a password': [[], ''],
  'with a password': [['--requirepass', PASSWORD], `:${PASSWORD}@`],
};

describe.each(Object.keys(ACCOUNTS))('a Redis %s, behind a proxy', (what) => {
  const [options, account] = ACCOUNTS[what]!;

  describeWithServer(
    'that rejects HELLO',
    () => startOwnRedis(...options),
    (server) => {
      const envFor = (url: string, path = '') => ({
        ...sharedEnv(url.replace('//', `//${account}`) + path),
        CACHE_TIMEOUT_MS: '2000',
      });

      it.each(Object.keys(WORDINGS))('(%s) is shared, and changes are seen within 5 s', async (how) => {
        // Such a proxy also closes the connection on other commands that it does not know.
        const others =
          WORDINGS[how] === 'close' ? { CLIENT: 'close', ROLE: 'close', READWRITE: 'close' } : {};
        const proxy = await choosyProxy(server().url, { ...others, HELLO: WORDINGS[how]! });
        const env = envFor(proxy.url, '/2');
        // The connections of the cache are counted.
        const start = () => startNode(env, true, ProductionConfig, { fleet: false });
        const [one, other] = [await start(), await start()];
        const made = proxy.connections;
        await one.cache.mset([
          { key: 'changed', value: 'old' },
          { key: 'removed', value: 'old' },
        ]);
        expect(await other.cache.mget(['changed', 'removed'])).toEqual(['old', 'old']);
        await one.cache.set('changed', 'new');
        await one.cache.del('removed');
        await until(async () => (await other.cache.get('changed')) === 'new', 10_000);
        await until(async () => (await other.cache.get('removed')) === undefined, 10_000);
        expect(await one.loading.get('loaded', () => 1, { lock: true })).toBe(1);
        expect(await other.loading.get('loaded', () => 2, { lock: true })).toBe(1);
        await one.cache.clear();
        expect(await (await start()).cache.get('loaded')).toBeUndefined();
        expect([one.shared(), other.shared()]).toEqual([
          expect.objectContaining({ isConnected: true, errors: 0, timeouts: 0 }),
          expect.objectContaining({ isConnected: true, errors: 0, timeouts: 0 }),
        ]);
        const warnings = [...one.logger.of('warn'), ...other.logger.of('warn')];
        expect(warnings.filter((text) => text.includes('sends no invalidations'))).toHaveLength(2);
        expect(warnings.filter((text) => text.includes('The shared cache fails'))).toEqual([]);
        // The nodes reuse their connections.
        expect(proxy.connections).toBeLessThanOrEqual(made + 4);
        const raw = await rawRedis(server().url.replace('//', `//${account}`) + '/2');
        expect(await raw('DBSIZE')).not.toBe(0);
      });
    },
  );
});

describeWithServer(
  'a Redis with a password, behind a proxy that rejects HELLO',
  () => startOwnRedis('--requirepass', PASSWORD),
  (server) => {
    it.each([
      ['no password', '', 'NOAUTH'],
      ['a wrong password', ':Wr0ng-Viola-99@', 'WRONGPASS'],
    ])('is not used by a process with %s, and the log states the reason', async (_what, account, code) => {
      for (const refusal of ['unsupported command', 'close']) {
        const proxy = await choosyProxy(server().url, { HELLO: refusal });
        const node = await startNode(sharedEnv(proxy.url.replace('//', `//${account}`)), false);
        await until(() => node.shared().errors > 1);
        expect(node.shared().isConnected).toBe(false);
        expect(node.logger.of('warn').join()).toContain(code);
        expect(node.logger.of('warn').join()).not.toContain('sends no invalidations');
        await node.close();
      }
    });
  },
);

describeWithServer(
  'a Redis that occasionally closes a connection',
  () => startOwnRedis(),
  (server) => {
    it('sends invalidations once it stops closing connections', async () => {
      const refusals: Record<string, Refusal> = { CLIENT: 'close', GET: 'close' };
      const proxy = await choosyProxy(server().url, refusals);
      const node = await startNode(sharedEnv(proxy.url), false);
      await until(() => node.shared().errors > 0);
      delete refusals['CLIENT'];
      delete refusals['GET'];
      await until(() => node.shared().isConnected);
      expect(node.logger.of('warn').join()).not.toContain('sends no invalidations');
    });

    it('is used if the URL has a password that it does not require', async () => {
      const env = sharedEnv(server().url.replace('//', `//:${PASSWORD}@`));
      const [one, other] = [await startNode(env), await startNode(env)];
      await one.cache.set('k', 1);
      expect(await other.cache.get('k')).toBe(1);
      expect(one.logger.of('warn')).toEqual([]);
    });
  },
);
