import { describe, expect, it } from 'vitest';
import { startNode, until } from './support/cache-node.js';
import { sharedEnv, startOwnRedis } from './support/cache-servers.js';
import { choosyProxy, type Refusal } from './support/choosy-proxy.js';
import { describeWithServer } from './support/real-server.js';
import { rawRedis } from './support/redis-client.js';

const PASSWORD = 'Tr0mbone-Quartz-58';

const WORDINGS: Record<string, Refusal> = {
  'as an old server does': "ERR unknown command 'HELLO', with args beginning with: '3' ",
  'as one that does not name it': 'ERR unknown command',
  'in other words': 'unsupported command',
  'as something that is not allowed': "NOPERM this user has no permissions to run the 'hello' command",
  'as if nobody had logged in': 'NOAUTH Authentication required.',
  'as something it refuses to do': 'DENIED',
  'for its version': 'NOPROTO unsupported protocol version',
  'by closing the connection': 'close',
};

const ACCOUNTS: Record<string, [options: string[], account: string]> = {
  'without a password': [[], ''],
  'with a password': [['--requirepass', PASSWORD], `:${PASSWORD}@`],
};

describe.each(Object.keys(ACCOUNTS))('behind a proxy, a Redis %s', (what) => {
  const [options, account] = ACCOUNTS[what]!;

  describeWithServer(
    'of which HELLO is refused',
    () => startOwnRedis(...options),
    (server) => {
      const envFor = (url: string, path = '') => ({
        ...sharedEnv(url.replace('//', `//${account}`) + path),
        CACHE_TIMEOUT_MS: '2000',
      });

      it.each(Object.keys(WORDINGS))('(%s) is shared, and changes are seen within 5 s', async (how) => {
        // What stands there closes the connection at whatever else it does not know, too.
        const others =
          WORDINGS[how] === 'close' ? { CLIENT: 'close', ROLE: 'close', READWRITE: 'close' } : {};
        const proxy = await choosyProxy(server().url, { ...others, HELLO: WORDINGS[how]! });
        const env = envFor(proxy.url, '/2');
        const [one, other] = [await startNode(env), await startNode(env)];
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
        expect(await (await startNode(env)).cache.get('loaded')).toBeUndefined();
        expect([one.shared(), other.shared()]).toEqual([
          expect.objectContaining({ isConnected: true, errors: 0, timeouts: 0 }),
          expect.objectContaining({ isConnected: true, errors: 0, timeouts: 0 }),
        ]);
        const warnings = [...one.logger.of('warn'), ...other.logger.of('warn')];
        expect(warnings.filter((text) => text.includes('sends no invalidations'))).toHaveLength(2);
        expect(warnings.filter((text) => text.includes('The shared cache fails'))).toEqual([]);
        // It stays with the connection that it has.
        expect(proxy.connections).toBeLessThanOrEqual(made + 4);
        const raw = await rawRedis(server().url.replace('//', `//${account}`) + '/2');
        expect(await raw('DBSIZE')).not.toBe(0);
      });
    },
  );
});

describeWithServer(
  'a Redis with a password, behind a proxy that refuses HELLO',
  () => startOwnRedis('--requirepass', PASSWORD),
  (server) => {
    it.each([
      ['no password', '', 'NOAUTH'],
      ['a wrong password', ':Wr0ng-Viola-99@', 'WRONGPASS'],
    ])('is not used by who has %s, and the log says why', async (_what, account, code) => {
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
  'a Redis that closes a connection now and then',
  () => startOwnRedis(),
  (server) => {
    it('tells of changes as soon as it no longer does', async () => {
      const refusals: Record<string, Refusal> = { CLIENT: 'close', GET: 'close' };
      const proxy = await choosyProxy(server().url, refusals);
      const node = await startNode(sharedEnv(proxy.url), false);
      await until(() => node.shared().errors > 0);
      delete refusals['CLIENT'];
      delete refusals['GET'];
      await until(() => node.shared().isConnected);
      expect(node.logger.of('warn').join()).not.toContain('sends no invalidations');
    });

    it('is used where the URL has a password that it does not ask for', async () => {
      const env = sharedEnv(server().url.replace('//', `//:${PASSWORD}@`));
      const [one, other] = [await startNode(env), await startNode(env)];
      await one.cache.set('k', 1);
      expect(await other.cache.get('k')).toBe(1);
      expect(one.logger.of('warn')).toEqual([]);
    });
  },
);
