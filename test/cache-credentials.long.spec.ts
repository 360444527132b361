import { Test } from '@nestjs/testing';
import { inspect } from 'node:util';
import { expect, it, onTestFinished } from 'vitest';
import {
  CacheMetrics,
  ConfigDefinitionError,
  ProductionConfig,
  ProductionConfigModule,
  type CacheCredentials,
} from 'nestjs-production-config';
import { Cache } from '@nestjs/cache-manager';
import { sharedEnv, startOwnRedis } from './support/cache-servers.js';
import { checkConnections } from '../src/cli/connect/connections.js';
import { SECRET_KEY } from './support/keys.js';
import { describeWithServer } from './support/real-server.js';
import { RecordingLogger } from './support/recording-logger.js';
import { rawRedis } from './support/redis-client.js';
import { startProxy } from './support/server-proxy.js';
import { until } from './support/stalls.js';

type Credentials = CacheCredentials | undefined;

const RIGHTS = '~* &* +@all'.split(' ');

/** A class that logs in with what `ask` returns. */
function configWith(ask: () => Credentials | Promise<Credentials>) {
  return class AppConfig extends ProductionConfig {
    override buildCacheCredentials(): Credentials | Promise<Credentials> {
      return ask();
    }
  };
}

async function startNode(config: typeof ProductionConfig, env: Record<string, string>) {
  const logger = new RecordingLogger();
  const testing = await Test.createTestingModule({
    imports: [
      // The connections of the cache are counted.
      ProductionConfigModule.forRoot({
        config,
        fleet: false,
        env: { NODE_ENV: 'production', SECRET_KEY, ...env },
      }),
    ],
  })
    .setLogger(logger)
    .compile();
  onTestFinished(() => testing.close());
  await testing.init();
  const shared = () => testing.get(CacheMetrics).snapshot().shared!;
  return { cache: testing.get<Cache>(Cache), config: testing.get(config), logger, shared, testing };
}

/** What `check --connect` finds with this class. */
function checked(type: typeof ProductionConfig, env: Record<string, string>) {
  const config = type.load({ SECRET_KEY, ...env });
  return checkConnections({ config, cache: config.getCacheConfig() });
}

const logOf = (logger: RecordingLogger) => logger.lines.map(({ text }) => text).join('\n');

describeWithServer(
  'credentials of a shared cache that expire',
  () => startOwnRedis('--requirepass', 'admin-password'),
  (server) => {
    const tell = async (...command: string[]) =>
      (await rawRedis(server().url.replace('//', '//:admin-password@')))(...command);
    const setPassword = (user: string, password: string) =>
      tell('ACL', 'SETUSER', user, 'reset', 'on', `>${password}`, ...RIGHTS);
    const passwordOf = (number: number) => `canary-of-password-${number}-${'x'.repeat(20)}`;

    it('are asked anew when the server closes the connection, and no call fails', async () => {
      let current = 1;
      await setPassword('orders', passwordOf(current));
      const AppConfig = configWith(async () => ({ user: 'orders', password: passwordOf(current) }));
      const env = sharedEnv(server().url);
      const [node, other] = [await startNode(AppConfig, env), await startNode(AppConfig, env)];
      await until(() => node.shared().isConnected && other.shared().isConnected);
      await node.cache.set('key', 1);
      expect(await other.cache.get('key')).toBe(1);

      for (const close of [
        () => tell('CLIENT', 'KILL', 'USER', 'orders'),
        () => tell('ACL', 'DELUSER', 'orders').then(() => setPassword('orders', passwordOf(current))),
      ]) {
        current++;
        await setPassword('orders', passwordOf(current));
        const errors = node.shared().errors;
        await close();
        await until(
          () => node.shared().errors > errors && node.shared().isConnected && other.shared().isConnected,
        );
        await node.cache.set('key', current);
        await until(async () => (await other.cache.get('key')) === current);
      }
    });

    it('replace the account in the URL, and are not asked for if the hook returns undefined', async () => {
      await setPassword('orders', passwordOf(1));
      const url = server().url.replace('//', '//orders:wrong@');
      const node = await startNode(
        configWith(() => ({ user: 'orders', password: passwordOf(1) })),
        sharedEnv(url),
      );
      await until(() => node.shared().isConnected);
      const own = sharedEnv(server().url.replace('//', `//orders:${passwordOf(1)}@`));
      const another = await startNode(
        configWith(() => undefined),
        own,
      );
      await until(() => another.shared().isConnected);
    });

    it.each(['HELLO', 'CLIENT'])('log in where the server has no %s', async (command) => {
      const old = (await startOwnRedis('--requirepass', passwordOf(7), '--rename-command', command, ''))!;
      onTestFinished(() => old.stop());
      const node = await startNode(
        configWith(() => ({ password: passwordOf(7) })),
        sharedEnv(old.url),
      );
      await until(() => node.shared().isConnected);
      await node.cache.set('key', 1);
      expect(node.logger.of('warn').join()).not.toContain('canary');
    });

    it('are renewed before they expire, on the same connection, which goes on receiving invalidations', async () => {
      let user = 'orders';
      await setPassword('orders', passwordOf(1));
      await setPassword('renewed', passwordOf(2));
      const AppConfig = configWith(() => {
        const password = passwordOf(user === 'orders' ? 1 : 2);
        return { user, password, expiresAt: new Date(Date.now() + 2000) };
      });
      const env = sharedEnv(server().url);
      const [node, other] = [await startNode(AppConfig, env), await startNode(AppConfig, env)];
      await until(() => node.shared().isConnected && other.shared().isConnected);
      const idsOf = async (account: string) => {
        const list = String(await tell('CLIENT', 'LIST'));
        const found = list.matchAll(new RegExp(`^id=(\\d+) .* user=${account} `, 'gm'));
        return new Set([...found].map(([, id]) => id));
      };
      const ids = await idsOf('orders');
      expect(ids.size).toBe(2);
      user = 'renewed';
      await until(async () => (await idsOf('renewed')).size === 2);
      expect(await idsOf('renewed')).toEqual(ids);

      await node.cache.set('key', 1);
      expect(await other.cache.get('key')).toBe(1);
      await node.cache.set('key', 2);
      await until(async () => (await other.cache.get('key')) === 2);
      expect(other.shared().invalidations).toBeGreaterThan(0);
      expect([node.shared().errors, other.shared().errors]).toEqual([0, 0]);
    });

    const NO_TEXT = 'returned a user or a password that is not text';
    const FAULTS: readonly (readonly [string, () => Credentials | Promise<Credentials>, string])[] = [
      [
        'throws',
        () => {
          throw new RangeError(passwordOf(3));
        },
        'failed with RangeError',
      ],
      [
        'rejects',
        () => Promise.reject(Object.assign(new Error(passwordOf(3)), { code: passwordOf(3) })),
        'failed with Error',
      ],
      ['rejects with no error', () => Promise.reject(passwordOf(3)), 'failed with an error'],
      ['returns no password', () => ({ user: passwordOf(3), password: '' }), 'returned no password'],
      ['returns null', () => null as never, 'returned no password'],
      [
        'returns a time that is no Date',
        () => ({ password: passwordOf(3), expiresAt: passwordOf(3) as never }),
        'returned an expiresAt that is not a valid Date',
      ],
      [
        'returns a time that is no time',
        () => ({ password: passwordOf(3), expiresAt: new Date(Number.NaN) }),
        'returned an expiresAt that is not a valid Date',
      ],
      [
        'returns a time in the past',
        () => ({ password: passwordOf(3), expiresAt: new Date(Date.now() - 1) }),
        'returned credentials that have expired',
      ],
      ['returns null for the user', () => ({ user: null as never, password: passwordOf(3) }), NO_TEXT],
      ['returns a number', () => ({ user: 'orders', password: 5 as never }), NO_TEXT],
      ['returns half a character', () => ({ password: `\ud800${passwordOf(3)}` }), NO_TEXT],
      ['returns half a character as user', () => ({ user: '\udfff', password: passwordOf(3) }), NO_TEXT],
      [
        'returns an object whose getter throws',
        () => ({
          get password(): string {
            throw Object.assign(new TypeError(passwordOf(3)), { code: 'CANARY_CODE_canary' });
          },
        }),
        'failed with TypeError',
      ],
      [
        'throws an error whose name throws',
        () => {
          throw Object.defineProperty(new Error(passwordOf(3)), 'name', {
            get: () => {
              throw new Error(passwordOf(3));
            },
          });
        },
        'failed with an error',
      ],
      [
        'reads a setting that was not picked',
        () => {
          throw new ConfigDefinitionError("AppConfig.CACHE_USER was not picked: add 'CACHE_USER' to pick()");
        },
        "failed: AppConfig.CACHE_USER was not picked: add 'CACHE_USER' to pick()",
      ],
      ['never answers', () => new Promise(() => undefined), 'did not answer within 4 s'],
    ];

    it.each(FAULTS)(
      'leave the process with its own cache while the hook %s, and are asked again',
      async (_how, fail, text) => {
        await setPassword('orders', passwordOf(1));
        let isFailing = true;
        const AppConfig = configWith(() =>
          isFailing ? fail() : { user: 'orders', password: passwordOf(1) },
        );
        const env = { ...sharedEnv(server().url), CACHE_TIMEOUT_MS: '50' };
        const node = await startNode(AppConfig, env);
        await node.cache.set('key', 'own');
        expect(await node.cache.get('key')).toBe('own');
        await until(() => node.shared().errors > 0);
        const report = await checked(AppConfig, env);
        const { problems } = report;
        expect(problems).toMatchObject([
          { name: 'CACHE_URL', code: 'refused', fix: 'fix the hook, or run this where the service runs' },
        ]);
        expect(problems[0]!.message).toContain(`has no credentials: buildCacheCredentials() ${text}`);
        const warning = node.logger.of('warn').find((line) => line.includes('The shared cache fails'));
        expect(warning).toContain(`buildCacheCredentials() ${text}`);

        isFailing = false;
        await until(() => node.shared().isConnected);
        for (const shown of [
          JSON.stringify(report),
          logOf(node.logger),
          inspect(node.config),
          inspect(node.testing.get(CacheMetrics)),
        ])
          expect(shown).not.toContain('canary');
      },
    );

    it('are asked for again on the open connection while renewing fails, which is counted and logged', async () => {
      await setPassword('orders', passwordOf(1));
      let calls = 0;
      let isFailing = true;
      const node = await startNode(
        configWith(() => {
          if (calls++ > 0 && isFailing) throw new RangeError(passwordOf(3));
          return { user: 'orders', password: passwordOf(1), expiresAt: new Date(Date.now() + 1000) };
        }),
        sharedEnv(server().url),
      );
      await until(() => node.shared().isConnected);
      // Three: after the second one, the credentials have expired.
      await until(() => node.shared().errors >= 3);
      expect(node.shared()).toMatchObject({ isConnected: true });
      expect(calls).toBe(1 + node.shared().errors);
      expect(node.logger.of('warn').join()).toContain('buildCacheCredentials() failed with RangeError');
      isFailing = false;
      const before = calls;
      await until(() => calls >= before + 2);
      expect(logOf(node.logger)).not.toContain('canary');
    });

    it('are counted and logged as refused if the server refuses them on the open connection', async () => {
      await setPassword('orders', passwordOf(1));
      let calls = 0;
      const node = await startNode(
        configWith(() => ({
          user: 'orders',
          password: passwordOf(calls++ === 0 ? 1 : 9),
          expiresAt: new Date(Date.now() + 1000),
        })),
        sharedEnv(server().url),
      );
      await until(() => node.shared().errors >= 2);
      expect(node.logger.of('warn').join()).toContain('WRONGPASS');
      expect(logOf(node.logger)).not.toContain('canary');
    });

    it('are copied: what the application does to its object later has no effect', async () => {
      await setPassword('orders', passwordOf(1));
      const expiresAt = new Date(Date.now() + 1000);
      const token: Record<string, unknown> = { user: 'orders', password: passwordOf(1), expiresAt };
      let calls = 0;
      const node = await startNode(
        configWith(() => {
          calls++;
          setImmediate(() => {
            token['expiresAt'] = 'later';
            token['password'] = undefined;
            expiresAt.setTime(Number.NaN);
          });
          return token as never;
        }),
        sharedEnv(server().url),
      );
      await until(() => node.shared().isConnected);
      // Renewed at the time that the hook returned at first; then it returns the changed object.
      await until(() => node.shared().errors > 0);
      expect(calls).toBe(2);
      expect(node.logger.of('warn').join()).toContain('returned no password');
      expect(node.shared().isConnected).toBe(true);
    });

    it('are asked for with growing pauses if the server closes each connection as soon as it is made', async () => {
      await setPassword('orders', passwordOf(1));
      const proxy = await startProxy(server().url, (client, upstream) => {
        client.pipe(upstream);
        upstream.pipe(client);
        // On a slow machine the handshake has not ended by then, so that plain connections have to be closed, too.
        upstream.once('data', () => setTimeout(() => client.destroy(), 5));
      });
      onTestFinished(() => proxy.stop());
      const asked: number[] = [];
      await startNode(
        configWith(() => {
          asked.push(performance.now());
          return { user: 'orders', password: passwordOf(1) };
        }),
        sharedEnv(proxy.url),
      );
      await until(() => asked.length >= 9);
      // Pauses of 100, 200, 400, 800 and then 1000 ms, each at least half of it.
      expect(asked[8]! - asked[0]!).toBeGreaterThan(50 + 100 + 200 + 400 + 4 * 500);
    });

    it('are shown in no output of the configuration or of the cache', async () => {
      await setPassword('orders', passwordOf(1));
      const node = await startNode(
        configWith(() => ({ user: 'orders', password: passwordOf(1) })),
        sharedEnv(server().url),
      );
      await until(() => node.shared().isConnected);
      await setPassword('orders', passwordOf(2));
      await tell('CLIENT', 'KILL', 'USER', 'orders');
      await until(() => node.logger.of('warn').length > 0);
      const { config, cache, testing, logger } = node;
      const parts = [
        config,
        config.getCacheConfig(),
        config.explain(),
        cache,
        testing.get(CacheMetrics),
        node.shared(),
      ];
      const outputs = parts.map((part) => inspect(part, { depth: 20, showHidden: true }));
      for (const output of [...outputs, ...parts.map((part) => JSON.stringify(part) ?? ''), logOf(logger)])
        expect(output).not.toContain('canary');
      expect(logger.of('warn').join()).toMatch(/WRONGPASS|SocketClosedUnexpectedlyError/);
    });

    it('are used by check --connect', async () => {
      await setPassword('orders', passwordOf(1));
      const right = configWith(() => ({ user: 'orders', password: passwordOf(1) }));
      const { problems, connections } = await checked(right, sharedEnv(server().url));
      expect(problems).toEqual([]);
      expect(connections?.[0]?.facts).toMatchObject({
        credentials: 'accepted, from buildCacheCredentials()',
        tracking: 'on',
      });
      const none = configWith(() => undefined);
      const withAccount = server().url.replace('//', `//orders:${passwordOf(1)}@`);
      const fallback = await checked(none, sharedEnv(withAccount));
      expect(fallback.connections?.[0]?.facts).toMatchObject({ credentials: 'accepted, from CACHE_URL' });
      const open = (await startOwnRedis())!;
      onTestFinished(() => open.stop());
      const anonymous = await checked(none, sharedEnv(open.url));
      expect(anonymous.connections?.[0]?.facts).toMatchObject({ credentials: 'none' });
      const wrong = configWith(() => ({ user: 'orders', password: passwordOf(9) }));
      const report = await checked(wrong, sharedEnv(server().url));
      expect(report.problems[0]?.message).toBe('is refused: the user or the password is wrong');
      expect(JSON.stringify(report)).not.toContain('canary');
    });
  },
);

it('a shared cache on memcached refuses credentials that expire', () => {
  const env = { SECRET_KEY, CACHE_URL: 'memcached://cache.example', CACHE_NAMESPACE: 'orders' };
  const AppConfig = configWith(() => ({ password: 'any' }));
  expect(() => AppConfig.load(env).getCacheConfig()).toThrow(ConfigDefinitionError);
  expect(() => AppConfig.load(env).getCacheConfig()).toThrow('AppConfig.buildCacheCredentials(): ');
});
