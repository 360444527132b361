import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { makeCertificate } from './support/certificate.js';
import { startNode, until } from './support/cache-node.js';
import { AppProcess } from './support/app-process.js';
import {
  sharedEnv,
  startOwnMemcached,
  startOwnRedis,
  startSaslMemcached,
  startTlsRedis,
} from './support/cache-servers.js';
import { OwnServer } from './support/own-server.js';
import { describeWithServer } from './support/real-server.js';
import { redisClient } from './support/redis-client.js';
import { ROOT } from './support/run.js';

const PASSWORD = 'p@ss w:rd/é#?';
const HAS_IPV6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const ENCODED = encodeURIComponent(PASSWORD);

async function expectSharing(url: string): Promise<void> {
  const env = sharedEnv(url);
  const [one, other] = [await startNode(env), await startNode(env)];
  await one.cache.set('key', { at: new Date(0) });
  expect(await other.cache.get('key')).toEqual({ at: new Date(0) });
  expect([one.shared().errors, other.shared().errors]).toEqual([0, 0]);
}

describeWithServer(
  'a Redis with a password',
  () => startOwnRedis('--requirepass', PASSWORD, '--bind', '127.0.0.1', ...(HAS_IPV6 ? ['::1'] : [])),
  (server) => {
    it('is reached with a percent-encoded password and a database number', async () => {
      const { port } = server();
      await expectSharing(`redis://:${ENCODED}@127.0.0.1:${port}/3`);
      const client = await redisClient(`redis://:${ENCODED}@127.0.0.1:${port}/3`);
      expect(await client.dbSize()).toBeGreaterThan(0);
      await expectSharing(`valkey://default:${ENCODED}@127.0.0.1:${port}`);
    });

    it.skipIf(!HAS_IPV6)('is reached over IPv6', async () => {
      await expectSharing(`redis://:${ENCODED}@[::1]:${server().port}`);
    });
  },
);

const FOLDER = mkdtempSync(join(tmpdir(), 'redis-tls-'));
const [KEY, CERTIFICATE] = [join(FOLDER, 'key.pem'), join(FOLDER, 'certificate.pem')];

describeWithServer(
  'a Redis that accepts only TLS',
  async () => {
    const server = makeCertificate(KEY, CERTIFICATE) ? await startTlsRedis(KEY, CERTIFICATE) : undefined;
    return (
      server && { url: server.url, stop: () => server.stop().then(() => rmSync(FOLDER, { recursive: true })) }
    );
  },
  (server) => {
    it.each(['rediss', 'valkeys'])('is reached by %s: if Node.js trusts its certificate', async (scheme) => {
      const env = { ...sharedEnv(server().url.replace('rediss', scheme)), NODE_EXTRA_CA_CERTS: CERTIFICATE };
      const [one, other] = [await AppProcess.start(env), await AppProcess.start(env)];
      await one.ask('change', 'set', 'key', 'value');
      expect(await other.ask('get', 'key')).toBe('value');
    });

    it('is replaced by the local cache if its certificate is not trusted, and the log omits its address', async () => {
      const node = await startNode(sharedEnv(server().url), false);
      await until(() => node.shared().errors > 0);
      await node.cache.set('key', 'own');
      expect(await node.cache.get('key')).toBe('own');
      expect(node.logger.of('warn').join()).toMatch(/\((?:\d+ × )?(?:DEPTH_ZERO_)?SELF_SIGNED_CERT\)/);
      expect(node.logger.of('warn').join()).not.toContain('127.0.0.1');
    });
  },
);

describeWithServer(
  'a Redis account with the documented permissions',
  () => startOwnRedis(),
  (server) => {
    it('may send every command, and receives invalidations', async () => {
      const page = readFileSync(join(ROOT, 'docs/shared-cache.md'), 'utf8');
      const rights = /^ACL SETUSER orders on >password (.+)$/m.exec(page)![1]!.split(' ');
      const client = await redisClient(server().url);
      await client.sendCommand(['ACL', 'SETUSER', 'orders', 'on', '>password', ...rights]);

      const url = server().url.replace('//', '//orders:password@');
      const env = { ...sharedEnv(url), CACHE_NAMESPACE: 'orders' };
      const [one, other] = [await startNode(env), await startNode(env)];
      await one.cache.set('key', 1);
      expect(await other.cache.get('key')).toBe(1);
      expect(await one.loading.get('loaded', () => 1, { lock: true })).toBe(1);
      await one.cache.del('key');
      await until(async () => (await other.cache.get('key')) === undefined, 1000);
      await one.cache.clear();
      await until(async () => (await other.cache.get('loaded')) === undefined, 1000);
      expect(await client.sendCommand(['ACL', 'LOG'])).toEqual([]);
      expect([...one.logger.of('warn'), ...other.logger.of('warn')]).toEqual([]);
    });
  },
);

describeWithServer(
  'several memcached servers',
  async () => {
    const servers = [await startOwnMemcached(), await startOwnMemcached()];
    if (servers.some((server) => server === undefined)) return undefined;
    const [one, other] = servers as [OwnServer, OwnServer];
    return {
      one,
      other,
      url: `${one.url},127.0.0.1:${other.port}`,
      stop: () => Promise.all([one.stop(), other.stop()]).then(() => undefined),
    };
  },
  (servers) => {
    it('split the keys among them', async () => {
      const env = sharedEnv(servers().url);
      const [node, another] = [await startNode(env), await startNode(env)];
      const keys = Array.from({ length: 40 }, () => randomUUID());
      for (const key of keys) await node.cache.set(key, key);
      expect(await another.cache.mget(keys)).toEqual(keys);
      // Each server has only some of the keys.
      for (const { url } of [servers().one, servers().other]) {
        const alone = await startNode({ ...env, CACHE_URL: url });
        const found = (await alone.cache.mget(keys)).filter((value) => value !== undefined);
        expect(found.length).toBeLessThan(keys.length);
      }
    });
  },
);

describeWithServer('a memcached that requires an account', startSaslMemcached, (server) => {
  it('is shared by processes whose URL has the account', async () => {
    const env = sharedEnv(server().url);
    const [node, another] = [await startNode(env), await startNode(env)];
    await node.cache.set('key', 'value');
    expect(await another.cache.get('key')).toBe('value');
  });
});
