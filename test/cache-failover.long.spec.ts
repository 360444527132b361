import { Cache } from '@nestjs/cache-manager';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNode, until, type CacheNode } from './support/cache-node.js';
import { sharedEnv, startOwnRedis } from './support/cache-servers.js';
import { SECRET_KEY } from './support/keys.js';
import { movingAddress } from './support/moving-address.js';
import type { OwnServer } from './support/own-server.js';
import { describeWithServer } from './support/real-server.js';
import { rawRedis } from './support/redis-client.js';
import {
  follow,
  startCluster,
  startPair,
  startReplica,
  startSentinel,
  tell,
  type RedisServers,
} from './support/redis-kinds.js';
import { run } from './support/run.js';

/** Makes the second server a replica of the first. */
async function replicate([old, next]: readonly OwnServer[]): Promise<void> {
  tell(old!, 'REPLICAOF', 'NO', 'ONE');
  await follow(next!, old!);
}

/** Promotes the second server, and makes the first its replica. */
function failOver([old, next]: readonly OwnServer[]): void {
  tell(next!, 'REPLICAOF', 'NO', 'ONE');
  tell(old!, 'REPLICAOF', '127.0.0.1', String(next!.port));
}

const PATIENCE_MS = 20_000;

/** Waits until both share again. Each round sets the value again: a write that the demoted server rejected is lost. */
const share = (writer: CacheNode, reader: CacheNode, key: string, value: unknown) =>
  until(async () => {
    await writer.cache.set(key, value, 0);
    return (await reader.cache.get(key)) === value;
  }, PATIENCE_MS);

describeWithServer(
  'a failover',
  () => startPair(),
  (pair) => {
    async function startFleet() {
      await replicate(pair().all);
      const address = await movingAddress(pair().all[0]!.url);
      const env = sharedEnv(address.url);
      const [writer, reader] = [await startNode(env), await startNode(env)];
      await share(writer, reader, 'k', 'old');
      await share(writer, reader, 'deleted', 'old');
      return { address, env, writer, reader };
    }

    it('moves every process to the new primary, and leaves no stale values', async () => {
      const { address, env, writer, reader } = await startFleet();
      failOver(pair().all);
      address.moveTo(pair().all[1]!.url);
      await writer.cache.set('k', 'new', 0);
      await writer.cache.del('deleted');
      const fresh = await startNode(env);
      await until(async () => (await fresh.cache.get('deleted')) === undefined, PATIENCE_MS);
      // A process that only reads has moved as well.
      await until(async () => (await reader.cache.get('deleted')) === undefined, PATIENCE_MS);
      await until(async () => (await reader.cache.get('k')) !== 'old', PATIENCE_MS);
      await until(() => [writer, reader].every((node) => node.shared().isConnected), PATIENCE_MS);
      await share(writer, reader, 'k', 'newest');
      await share(reader, writer, 'k', 'by the other');
      const next = await rawRedis(pair().all[1]!.url);
      expect(await next('EXISTS', `${env['CACHE_NAMESPACE']}:1:k`)).toBe(1);
    });

    it('is visible in metrics and log while the address still points to the demoted server', async () => {
      const { address, writer, reader } = await startFleet();
      failOver(pair().all);
      // Neither has written anything since.
      await until(() => [writer, reader].every((node) => !node.shared().isConnected), PATIENCE_MS);
      await writer.cache.set('k', 'own');
      expect(await writer.cache.get('k')).toBe('own');
      expect(await writer.loading.get('loaded', () => 'once')).toBe('once');
      expect(await writer.loading.get('loaded', () => 'twice')).toBe('once');
      expect(await reader.cache.get('k')).not.toBe('own');
      await until(
        () => reader.logger.of('warn').some((text) => text.includes('CACHE_URL points to a replica')),
        PATIENCE_MS,
      );
      expect([writer, reader].map((node) => node.shared().isConnected)).toEqual([false, false]);
      address.moveTo(pair().all[1]!.url);
      await until(() => [writer, reader].every((node) => node.shared().isConnected), PATIENCE_MS);
      await share(writer, reader, 'k', 'newest');
    });
  },
);

describeWithServer(
  'a failover that only a rejected write reveals',
  () => startPair('--rename-command', 'HELLO', '', '--rename-command', 'ROLE', ''),
  (pair) => {
    it('is followed without opening a connection per call', async () => {
      await replicate(pair().all);
      const address = await movingAddress(pair().all[0]!.url);
      const writer = await startNode(sharedEnv(address.url));
      await writer.cache.set('k', 'old', 0);
      failOver(pair().all);
      for (let n = 0; n < 500; n++) await writer.cache.set('k', n, 0);
      // Calls without a connection return at once.
      expect(address.connections).toBeLessThan(100);
      address.moveTo(pair().all[1]!.url);
      const other = await startNode({ ...sharedEnv(address.url) });
      await until(async () => {
        await writer.cache.set('k', 'new', 0);
        return writer.shared().isConnected;
      }, PATIENCE_MS);
      await until(() => other.shared().isConnected, PATIENCE_MS);
    });
  },
);

type Raw = Awaited<ReturnType<typeof rawRedis>>;

const FOLDER = mkdtempSync(join(tmpdir(), 'refusing-redis-'));
/** How to make a primary start and stop rejecting writes. */
const REFUSALS: Record<string, Record<'begin' | 'end', (raw: Raw) => Promise<unknown>>> = {
  // No replica can confirm the writes.
  NOREPLICAS: {
    begin: (raw) => raw('CONFIG', 'SET', 'min-replicas-to-write', '1'),
    end: (raw) => raw('CONFIG', 'SET', 'min-replicas-to-write', '0'),
  },
  // The primary cannot write its snapshot.
  MISCONF: {
    begin: async (raw) => {
      mkdirSync(join(FOLDER, 'dump.rdb', 'in-the-way'), { recursive: true });
      await raw('CONFIG', 'SET', 'save', '3600 1000000');
      await raw('BGSAVE');
      await until(
        async () => String(await raw('INFO', 'persistence')).includes('rdb_last_bgsave_status:err'),
        PATIENCE_MS,
      );
    },
    end: (raw) => raw('CONFIG', 'SET', 'save', ''),
  },
};

async function startSaving(): Promise<OwnServer | undefined> {
  const server = await startOwnRedis('--dir', FOLDER);
  const stop = async () => {
    await server!.kill();
    rmSync(FOLDER, { recursive: true, force: true });
  };
  return server && Object.assign(server, { stop });
}

describeWithServer('a primary that temporarily rejects writes', startSaving, (server) => {
  it.each(Object.keys(REFUSALS))(
    'stays in use (%s), and no process retains values that were changed meanwhile',
    async (code) => {
      const raw = await rawRedis(server().url);
      const env = sharedEnv(server().url);
      const [writer, reader] = [await startNode(env), await startNode(env)];
      await share(writer, reader, 'k', 'old');
      await REFUSALS[code]!.begin(raw);
      await writer.cache.set('k', 'new', 0);
      expect(await writer.cache.get('k')).toBe('new');
      expect(writer.shared()).toMatchObject({ isConnected: true, breaker: 'closed', timeouts: 0 });
      expect([...writer.logger.of('warn'), ...reader.logger.of('warn')].join()).toContain(code);
      await REFUSALS[code]!.end(raw);
      await until(async () => (await reader.cache.get('k')) !== 'old', PATIENCE_MS);
      await share(writer, reader, 'k', 'newest');
    },
  );
});

async function startDatabaseOfCluster(): Promise<RedisServers | undefined> {
  const cluster = await startCluster(3);
  return cluster && { ...cluster, url: `${cluster.url}/1` };
}

async function startSeveral(): Promise<RedisServers | undefined> {
  const pair = await startPair();
  return pair && { ...pair, url: `redis://${pair.all.map(({ port }) => `127.0.0.1:${port}`).join(',')}` };
}

const UNSUPPORTED: Record<string, [start: () => Promise<RedisServers | undefined>, text: RegExp]> = {
  'database 1 of a Redis Cluster': [startDatabaseOfCluster, /names a database of a Redis Cluster/],
  'several servers without a cluster': [startSeveral, /names several hosts, but leads to a server/],
  'a Sentinel': [startSentinel, /points to a Redis Sentinel/],
  'a replica': [startReplica, /points to a replica/],
};

describe.each(Object.keys(UNSUPPORTED))('%s', (what) => {
  const [start, text] = UNSUPPORTED[what]!;

  describeWithServer('that CACHE_URL points to', start, (servers) => {
    it('is reported at boot, and is not used for sharing', async () => {
      const env = { ...sharedEnv(servers().url), CACHE_TIMEOUT_MS: '200' };
      const [node, other] = [await startNode(env, false), await startNode(env, false)];
      await until(() => [node, other].every(({ shared }) => shared().errors > 0), PATIENCE_MS);
      await expectOwnCache(node.cache);
      expect(await other.cache.get('own')).toBeUndefined();
      expect(node.shared()).toMatchObject({ isConnected: false, timeouts: 0, hits: 0 });
      const warnings = other.logger.of('warn').filter((line) => line.includes('The shared cache fails'));
      expect(warnings.length).toBeGreaterThan(0);
      for (const warning of warnings) {
        expect(warning).toMatch(text);
        expect(warning).not.toContain('127.0.0.1');
      }
      for (const { url } of servers().all) {
        const raw = await rawRedis(url);
        expect(await raw('DBSIZE').catch(() => 0)).toBe(0);
      }
    });

    it('is reported by check', async () => {
      const env = { NODE_ENV: 'production', SECRET_KEY, ...sharedEnv(servers().url) };
      const check = (...options: string[]) => run('dist/cli/main.js', { args: ['check', ...options], env });
      // On a busy machine, the server may not answer in the time that check waits, several times in a row.
      const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: 240_000 });
      await poll(() => check()).toMatchObject({
        code: 0,
        stderr: '',
        stdout: expect.stringMatching(text) as string,
      });
      const warned = async () => {
        const { code, stdout } = await check('--strict', '--json');
        return { code, ...(JSON.parse(stdout) as { warnings: { id: string; name: string }[] }) };
      };
      await poll(warned).toMatchObject({
        code: 1,
        warnings: expect.arrayContaining([
          expect.objectContaining({ id: 'cache-server', name: 'CACHE_URL' }),
        ]) as unknown,
      });
    });
  });
});

describeWithServer(
  'a supported server',
  () => startOwnRedis(),
  (server) => {
    it('causes no warning in check, even if it does not respond', async () => {
      const env = { NODE_ENV: 'production', SECRET_KEY, ...sharedEnv(server().url) };
      const check = () => run('dist/cli/main.js', { args: ['check', '--strict'], env });
      expect(await check()).toMatchObject({ code: 0, stderr: '' });
      server().freeze();
      onTestFinished(() => server().thaw());
      expect(await check()).toMatchObject({ code: 0, stderr: '' });
      await server().kill();
      expect(await check()).toMatchObject({ code: 0, stderr: '' });
    });
  },
);

/** Checks that the application works with its local cache. */
async function expectOwnCache(cache: Cache): Promise<void> {
  await cache.set('own', { set: 'here' });
  expect(await cache.get('own')).toEqual({ set: 'here' });
  await cache.set('gone', 1);
  await cache.del('gone');
  await delay(0);
  expect(await cache.get('gone')).toBeUndefined();
}
