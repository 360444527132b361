import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { settled, startNode, until, type CacheNode } from './support/cache-node.js';
import { sharedEnv } from './support/cache-servers.js';
import { makeCertificate } from './support/certificate.js';
import { freePort, OwnServer } from './support/own-server.js';
import { describeWithServer } from './support/real-server.js';
import { RedisCluster } from './support/redis-cluster.js';
import { passed, took } from './support/stalls.js';

type Env = Record<string, string>;

const startNodes = (count: number, env: Env) =>
  Promise.all(Array.from({ length: count }, () => startNode(env)));

const nameOf = (env: Env, key: string) => `${env['CACHE_NAMESPACE']}:1:${key}`;

/** A key of each of the masters. */
async function keysOf(cluster: RedisCluster, env: Env, masters: readonly OwnServer[]): Promise<string[]> {
  const found = new Map<OwnServer, string>();
  for (let n = 0; !masters.every((master) => found.has(master)); n++) {
    const key = `key:${n}`;
    found.set(await cluster.masterOf(nameOf(env, key)), key);
  }
  return masters.map((master) => found.get(master)!);
}

/** Whether each node sees what another one sets. */
async function isShared(nodes: readonly CacheNode[], key: string): Promise<boolean> {
  const [writer, ...readers] = nodes as [CacheNode, ...CacheNode[]];
  const value = `${Math.random()}`;
  await writer.cache.set(key, value);
  const read = await Promise.all(readers.map(({ cache }) => cache.get(key)));
  return read.every((one) => one === value);
}

const isUp = (nodes: readonly CacheNode[]) =>
  nodes.every((node) => node.shared().isConnected && node.shared().breaker === 'closed');

describeWithServer(
  'a cluster',
  () => RedisCluster.start(),
  (server) => {
    const env = (more: Env = {}): Env => ({ ...sharedEnv(server().url), CACHE_TIMEOUT_MS: '2000', ...more });

    it('invalidates every changed key on another process, which never goes back to an older value', async () => {
      const [writer, reader] = (await startNodes(2, env())) as [CacheNode, CacheNode];
      const keys = Array.from({ length: 600 }, (_, n) => `product:${n}`);
      for (const version of [1, 2, 3]) {
        const { invalidations } = reader.shared();
        await writer.cache.mset(keys.map((key) => ({ key, value: version })));
        await settled(writer, reader);
        if (version > 1) {
          await until(() => reader.shared().invalidations >= invalidations + keys.length);
          // Nothing is left in this process.
          expect(reader.metrics.snapshot().entries).toBe(0);
        }
        expect(await reader.cache.mget(keys)).toEqual(keys.map(() => version));
        const { hits } = reader.shared();
        expect(await reader.cache.mget(keys)).toEqual(keys.map(() => version));
        expect(reader.shared().hits).toBe(hits);
      }
    });

    it('shows each master in the figures', async () => {
      const { shared } = await startNode(env());
      const masters = shared().masters!;
      expect(masters).toHaveLength(3);
      expect(masters.reduce((sum, { slots }) => sum + slots, 0)).toBe(16_384);
      const ids = await Promise.all((await server().masters()).map((master) => server().idOf(master)));
      expect(masters.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
      for (const master of masters) {
        expect(master).toMatchObject({ breaker: 'closed', isConnected: true, errors: 0, timeouts: 0 });
      }
    });

    it('is cleared on all masters, with the loads that started before, and in this namespace only', async () => {
      const own = env();
      const [one, other] = (await startNodes(2, own)) as [CacheNode, CacheNode];
      const stranger = await startNode(env());
      const keys = Array.from({ length: 200 }, (_, n) => `product:${n}`);
      const entries = keys.map((key) => ({ key, value: 'old' }));
      await one.cache.mset(entries);
      await stranger.cache.mset(entries);
      expect(await other.cache.mget(keys)).toEqual(keys.map(() => 'old'));
      const masters = await server().masters();
      const loaded = await keysOf(server(), own, masters);
      let [release, calls] = [(): void => undefined, 0];
      const gate = new Promise<void>((resolve) => (release = resolve));
      const loads = loaded.map((key) =>
        other.loading.get(key, async () => (calls++, await gate, 'outdated')),
      );
      await until(() => calls === loaded.length);
      await one.cache.clear();
      await settled(one, other);
      release();
      await Promise.all(loads);
      await settled(one, other);
      for (const { cache } of [one, other]) {
        expect(await cache.mget(keys)).toEqual(keys.map(() => undefined));
        expect(await cache.mget(loaded)).toEqual(loaded.map(() => undefined));
      }
      for (const master of masters) {
        const names = await server().tell(master, 'KEYS', nameOf(own, '*'));
        expect(names).toBe('');
      }
      expect(await stranger.cache.mget(keys)).toEqual(keys.map(() => 'old'));
    });

    it.each([
      ['a replica', async () => (await server().replicaOf((await server().masters())[0]!)).url],
      ['several nodes, the first of which is down', async () => server().urlOfAll.replace(/:\d+/, ':1')],
      ['database 0', async () => `${server().url}/0`],
    ])('is found if CACHE_URL names %s', async (_what, url) => {
      const [one, other] = (await startNodes(2, env({ CACHE_URL: await url() }))) as [CacheNode, CacheNode];
      await until(() => isUp([one, other]));
      for (let n = 0; n < 20; n++) expect(await isShared([one, other], `key:${n}`)).toBe(true);
    });

    it('is used without invalidations if it refuses them: changes are seen within 5 s', async () => {
      for (const one of server().servers) {
        const rights = 'on nopass ~* &* +@all -client|tracking'.split(' ');
        await server().tell(one, 'ACL', 'SETUSER', 'untracked', ...rights);
      }
      const own = env({ CACHE_URL: server().url.replace('//', '//untracked:any@') });
      const [one, other] = (await startNodes(2, own)) as [CacheNode, CacheNode];
      const keys = Array.from({ length: 20 }, (_, n) => `key:${n}`);
      await one.cache.mset(keys.map((key) => ({ key, value: 'old' })));
      expect(await other.cache.mget(keys)).toEqual(keys.map(() => 'old'));
      await one.cache.mset(keys.map((key) => ({ key, value: 'new' })));
      await until(async () => (await other.cache.mget(keys)).every((value) => value === 'new'), 6_000);
      // Nest has one logger: that of the application that was created last. Each application warns once.
      const warnings = other.logger.of('warn').filter((text) => text.includes('sends no invalidations'));
      expect(warnings.length).toBeLessThanOrEqual(2);
      expect(other.shared()).toMatchObject({ errors: 0, timeouts: 0 });
    });

    it('receives what a process sets before it is connected, also if the process ends at once', async () => {
      const own = env();
      const keys = Array.from({ length: 20 }, (_, n) => `early:${n}`);
      const script = await startNode(own, false);
      const setting = script.cache.mset(keys.map((key) => ({ key, value: 'set at once' })));
      await script.close();
      await setting;
      const later = await startNode(own);
      expect(await later.cache.mget(keys)).toEqual(keys.map(() => 'set at once'));
      // A job that is still running connects again.
      await script.cache.set('late', 'set after the end');
      await until(async () => (await later.cache.get('late')) === 'set after the end', 5_000);
    });

    it('needs no other rights than the documented ones', async () => {
      const rights =
        '~orders:* +@read +@write +@connection +eval +scan +time +client|tracking +cluster|slots +cluster|info';
      for (const one of server().servers) {
        await server().tell(one, 'ACL', 'SETUSER', 'orders', 'on', '>password', ...rights.split(' '));
      }
      const url = server().url.replace('//', '//orders:password@');
      const nodes = await startNodes(2, { ...env({ CACHE_URL: url }), CACHE_NAMESPACE: 'orders' });
      for (let n = 0; n < 20; n++) expect(await isShared(nodes, `key:${n}`)).toBe(true);
      await nodes[0]!.cache.clear();
      expect(await nodes[1]!.loading.get('locked', () => 'loaded', { lock: true })).toBe('loaded');
      for (const { shared } of nodes) expect(shared()).toMatchObject({ errors: 0, timeouts: 0 });
    });
  },
);

describeWithServer(
  'a cluster that changes',
  () => RedisCluster.start(),
  (server) => {
    const env = (more: Env = {}): Env => ({ ...sharedEnv(server().url), CACHE_TIMEOUT_MS: '500', ...more });

    it('keeps the keys of a slot usable and coherent while the slot is being moved', async () => {
      const own = env();
      const [one, other] = (await startNodes(2, own)) as [CacheNode, CacheNode];
      const [from, to] = (await server().masters()) as [OwnServer, OwnServer];
      const [tag] = (await keysOf(server(), own, [from])) as [string];
      const slot = await server().tell(from, 'CLUSTER', 'KEYSLOT', nameOf(own, tag));
      const [moved, fresh] = [`moved{${nameOf(own, tag)}}`, `fresh{${nameOf(own, tag)}}`];
      await one.cache.set(moved, 'old');
      expect(await other.cache.get(moved)).toBe('old');
      const [source, target] = [await server().idOf(from), await server().idOf(to)];
      await server().tell(to, 'CLUSTER', 'SETSLOT', slot, 'IMPORTING', source);
      await server().tell(from, 'CLUSTER', 'SETSLOT', slot, 'MIGRATING', target);
      await server().tell(from, 'MIGRATE', '127.0.0.1', String(to.port), nameOf(own, moved), '0', '1000');
      await until(() => other.metrics.snapshot().entries === 0);
      expect(await other.cache.get(moved)).toBe('old');
      await one.cache.del(moved);
      await until(async () => (await other.cache.get(moved)) === undefined, 1_000);
      let loads = 0;
      for (let n = 0; n < 100; n++) {
        for (const { loading } of [one, other]) await loading.get(fresh, () => `${++loads}`);
      }
      // An entry that is not shared meanwhile is stored in each process.
      expect(loads).toBeLessThan(20);
      await one.cache.set(moved, 'new');
      await other.cache.set(moved, 'newest');
      await until(async () => (await one.cache.get(moved)) !== 'new', 1_000);
      for (const master of [to, from]) {
        await server().tell(master, 'CLUSTER', 'SETSLOT', slot, 'NODE', target);
      }
      await until(() => isShared([one, other], moved), 3_000);
      await until(() => isShared([other, one], fresh), 3_000);
    });

    it('leaves nothing outdated when slots change their owner without their keys', async () => {
      const own = env();
      const [one, other] = (await startNodes(2, own)) as [CacheNode, CacheNode];
      const [from, to] = (await server().masters()) as [OwnServer, OwnServer];
      const [key] = (await keysOf(server(), own, [from])) as [string];
      await one.cache.set(key, 'old');
      expect(await other.cache.get(key)).toBe('old');
      const slot = await server().tell(from, 'CLUSTER', 'KEYSLOT', nameOf(own, key));
      await server().tell(to, 'CLUSTER', 'SETSLOT', slot, 'NODE', await server().idOf(to));
      await server().tell(to, 'CLUSTER', 'BUMPEPOCH');
      // The old owner removes the key, and sends no invalidation.
      await until(async () => (await server().masterOf(nameOf(own, key))) === to);
      await until(async () => (await other.cache.get(key)) === undefined, 2_000);
      await until(() => isShared([one, other], key), 2_000);
    });

    it('shares what was set before its first connection', async () => {
      const own = env({ CACHE_TIMEOUT_MS: '200' });
      for (const one of server().servers) one.freeze();
      onTestFinished(() => server().servers.forEach((one) => one.thaw()));
      const early = await startNode(own, false);
      const keys = Array.from({ length: 30 }, (_, n) => `early:${n}`);
      await early.cache.mset(keys.map((key) => ({ key, value: 'set before' })));
      expect(await early.loading.get('loaded', () => 'once')).toBe('once');
      for (const one of server().servers) one.thaw();
      await until(() => isUp([early]));
      const later = await startNode(own);
      await until(async () => (await later.cache.mget(keys)).every((one) => one === 'set before'));
      await until(() => isShared([early, later], 'loaded'));
    });
  },
);

describeWithServer(
  'a master that is down',
  () => RedisCluster.start(),
  (server) => {
    const env = (more: Env = {}): Env => ({ ...sharedEnv(server().url), CACHE_TIMEOUT_MS: '300', ...more });

    it('does not stop the others, and is in use again when it is back', async () => {
      const own = env();
      const [one, other] = (await startNodes(2, own)) as [CacheNode, CacheNode];
      const masters = await server().masters();
      const [down, ...up] = masters as [OwnServer, ...OwnServer[]];
      const keys = await keysOf(server(), own, masters);
      const [lost, ...kept] = keys as [string, ...string[]];
      // Its replica, too, so that nobody takes its place.
      const replica = await server().replicaOf(down);
      for (const each of [replica, down]) each.freeze();
      onTestFinished(() => [replica, down].forEach((each) => each.thaw()));
      const downId = one.shared().masters![0]!.id;
      await one.cache.set(lost, 'own');
      await until(() => !one.shared().masters!.find(({ id }) => id === downId)!.isConnected);
      for (let round = 0; round < 20; round++) {
        for (const key of kept) await until(() => isShared([one, other], key), 1_000);
      }
      // A call to a master that is known to be down does not wait.
      expect(await took(() => one.cache.get(lost))).toBeLessThan(100);
      expect(await one.cache.get(lost)).toBe('own');
      expect(await other.cache.get(lost)).toBeUndefined();
      const states = one.shared().masters!.map(({ breaker }) => breaker === 'closed');
      expect(states.filter(Boolean)).toHaveLength(up.length);
      expect(one.shared()).toMatchObject({ isConnected: false });
      expect(one.logger.of('warn').concat(other.logger.of('warn')).join()).toContain(
        'fails on 1 of 3 masters of the cluster',
      );
      // A clear reaches the loads in flight of the other masters.
      let [release, calls] = [(): void => undefined, 0];
      const gate = new Promise<void>((resolve) => (release = resolve));
      await one.cache.mdel(kept);
      const loads = kept.map((key) => other.loading.get(key, async () => (calls++, await gate, 'outdated')));
      await until(() => calls === kept.length);
      await one.cache.clear();
      await settled(one, other);
      release();
      await Promise.all(loads);
      await settled(one, other);
      expect(await one.cache.mget(kept)).toEqual(kept.map(() => undefined));
      for (const each of [replica, down]) each.thaw();
      await until(() => isUp([one, other]));
      await until(() => isShared([one, other], lost));
    });

    it('has its unsent deletions and sets sent to the master that takes its place', async () => {
      await server().waitUntilHealthy();
      const own = env();
      const [one, other] = (await startNodes(2, own)) as [CacheNode, CacheNode];
      // Not the node that CACHE_URL names.
      const [, down] = (await server().masters()) as [OwnServer, OwnServer];
      const [key] = (await keysOf(server(), own, [down])) as [string];
      const [gone, changed] = [`gone{${nameOf(own, key)}}`, `changed{${nameOf(own, key)}}`];
      expect((await server().masterOf(nameOf(own, gone))).port).toBe(down.port);
      await one.cache.set(gone, 'old');
      await one.cache.set(changed, 'old');
      expect(await other.cache.mget([gone, changed])).toEqual(['old', 'old']);
      await server().tell(down, 'WAIT', '1', '1000');
      await down.kill();
      await one.cache.del(gone);
      await one.cache.set(changed, 'new');
      await server().waitUntilCovered();
      await until(() => isUp([one, other]), 5_000);
      const fresh = await startNode(own);
      await until(async () => (await fresh.cache.get(gone)) === undefined, 1_000);
      await until(async () => (await fresh.cache.get(changed)) !== 'old', 1_000);
      await passed(1_000);
      for (const { cache } of [one, other, fresh]) {
        expect(await cache.get(gone)).toBeUndefined();
        expect(await cache.get(changed)).not.toBe('old');
      }
      await until(() => isShared([one, other], gone), 1_000);
      await down.start();
      await server().waitUntilHealthy();
    });
  },
);

/** A cluster of one node, with TLS only, which does not know its own host. */
async function startTlsNode() {
  const folder = mkdtempSync(join(tmpdir(), 'redis-cluster-tls-'));
  const [keyFile, certificateFile] = ['key', 'pem'].map((kind) => join(folder, `node.${kind}`)) as [
    string,
    string,
  ];
  if (!makeCertificate(keyFile, certificateFile)) return undefined;
  const bus = await freePort();
  const node = await OwnServer.start('redis-server', 'rediss', (port) =>
    (
      `--port 0 --tls-port ${port} --bind 127.0.0.1 --dir ${folder} --save  --cluster-enabled yes --cluster-port ${bus} ` +
      `--tls-cluster yes --tls-cert-file ${certificateFile} --tls-key-file ${keyFile} --tls-ca-cert-file ${certificateFile} ` +
      '--tls-auth-clients no'
    ).split(' '),
  );
  if (node === undefined) return undefined;
  const slots = ['CLUSTER', 'ADDSLOTSRANGE', '0', '16383'];
  execFileSync('redis-cli', ['-p', `${node.port}`, '--tls', '--cacert', certificateFile, ...slots]);
  const stop = async () => {
    await node.stop();
    rmSync(folder, { recursive: true });
  };
  return { url: node.url, certificateFile, stop };
}

describeWithServer('a cluster with TLS', startTlsNode, (node) => {
  it('is used with TLS on every node, also if a node does not announce its host', async () => {
    const own = { ...sharedEnv(node().url), CACHE_CA_FILE: node().certificateFile };
    const nodes = await startNodes(2, own);
    expect(nodes[0]!.shared().masters).toHaveLength(1);
    // A new cluster takes no calls for two seconds.
    await until(() => isShared(nodes, 'first'));
    for (let n = 0; n < 20; n++) expect(await isShared(nodes, `key:${n}`)).toBe(true);
  });
});

const PASSWORD = 'Tr0mbone-Quartz-58';

describe('a cluster with a password', () => {
  describeWithServer(
    'that CACHE_URL has',
    () => RedisCluster.start({ password: PASSWORD }),
    (server) => {
      it('is used with it on every master, and after a failover', async () => {
        const url = server().url.replace('//', `//:${PASSWORD}@`);
        const own = sharedEnv(url);
        const nodes = await startNodes(2, own);
        for (let n = 0; n < 20; n++) expect(await isShared(nodes, `key:${n}`)).toBe(true);
        await server().failOver((await server().masters())[1]!);
        await until(() => isUp(nodes));
        await delay(0);
        for (let n = 0; n < 20; n++) await until(() => isShared(nodes, `key:${n}`), 2_000);
        for (const { logger, metrics } of nodes) {
          const shown = JSON.stringify(logger.lines) + JSON.stringify(metrics.snapshot());
          expect(shown).not.toContain(PASSWORD);
        }
      });
    },
  );
});
