import { Cache, CACHE_MANAGER } from '@nestjs/cache-manager';
import { ConfigService } from '@nestjs/config';
import { randomInt, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { BaseConfig, CacheMetrics, LoadingCache, ProductionConfig } from 'nestjs-production-config';
import { startMemcached, startOwnMemcached, startOwnRedis, startRedis } from './support/cache-servers.js';
import { settled, startNode, until, type CacheNode } from './support/cache-node.js';
import { startApp } from './support/http-app.js';
import { freePort } from './support/own-server.js';
import { rawRedis } from './support/redis-client.js';
import { describeWithServer } from './support/real-server.js';
import { passed, took } from './support/stalls.js';

const PASSWORD = 'Tr0mbone-Quartz-58';

// Other tests may use the same server.
const NAMESPACE = `shop-${randomUUID()}`;
const shop = (url: string, more: Record<string, string> = {}) => ({
  CACHE_URL: url,
  CACHE_NAMESPACE: NAMESPACE,
  ...more,
});
/** The name of an entry on the server. */
const nameOf = (key: string) => `${NAMESPACE}:1:${key}`;
const authorised = (url: string, user = '') => url.replace('//', `//${user}:${PASSWORD}@`);

const isSharing = (node: CacheNode) => node.shared().isConnected && node.shared().breaker === 'closed';
const OWN = { Redis: () => startOwnRedis(), memcached: startOwnMemcached };

/** Checks that the application works with its local cache: it reads its own values only, without errors. */
async function expectOwnCache(node: CacheNode): Promise<void> {
  await node.cache.set('own', { set: 'here' });
  expect(await node.cache.get('own')).toEqual({ set: 'here' });
  expect(await node.cache.get('absent')).toBeUndefined();
  expect(await node.loading.get('loaded', () => 'once')).toBe('once');
  expect(await node.loading.get('loaded', () => 'twice')).toBe('once');
  await node.cache.del('own');
  expect(await node.cache.get('own')).toBeUndefined();
  await node.cache.set('own', 2);
  await node.cache.clear();
  expect(await node.cache.get('own')).toBeUndefined();
  await node.cache.set('own', 3);
  expect(await node.cache.get('own')).toBe(3);
}

describe.each(['Redis', 'memcached'] as const)('%s', (name) => {
  describeWithServer('that is unavailable at boot', OWN[name], (server) => {
    it.each(['down', 'frozen'])('(%s) does not delay calls, and is used once it is up', async (how) => {
      // The first boot with a shared cache also imports its driver.
      await startNode(shop(server().url));
      await server().kill();
      if (how === 'frozen') await server().start();
      if (how === 'frozen') server().freeze();
      onTestFinished(() => server().thaw());
      let writer: CacheNode | undefined;
      const boot = async () => void (writer = await startNode(shop(server().url), false));
      // Less than a connection attempt takes that gets no reply.
      expect(await took(boot)).toBeLessThan(1_500);
      const reader = await startNode(shop(server().url), false);
      for (let n = 0; n < 20; n++) {
        expect(await took(() => writer!.cache.get(`absent:${n}`))).toBeLessThan(150);
        expect(await took(() => writer!.cache.set(`key:${n}`, n))).toBeLessThan(150);
      }
      expect(await took(() => writer!.loading.get('loaded', () => 1))).toBeLessThan(150);
      expect(await writer!.cache.get('key:3')).toBe(3);

      if (how === 'down') await server().start();
      else server().thaw();
      let n = 0;
      await until(async () => {
        const key = `probe:${n++}`;
        await writer!.cache.set(key, n);
        return (await reader.cache.get(key)) === n && isSharing(writer!) && isSharing(reader);
      });
      // Values set before the first connection are not lost.
      if (name === 'Redis') expect(await writer!.cache.get('key:3')).toBe(3);
    });
  });

  describeWithServer('after an outage', OWN[name], (server) => {
    const outages = {
      frozen: {
        begin: async () => server().freeze(),
        end: async () => server().thaw(),
      },
      'killed and restarted empty': {
        begin: () => server().kill(),
        end: () => server().start(),
      },
    };
    const changes: Record<string, { max: string; change: (cache: Cache) => Promise<unknown>; now: unknown }> =
      {
        'set twice': {
          max: '4096',
          change: async (cache) => {
            await cache.set('k', 'overwritten');
            await cache.set('k', 'new');
          },
          now: 'new',
        },
        deleted: { max: '4096', change: (cache) => cache.del('k'), now: undefined },
        'cleared with all others': { max: '4096', change: (cache) => cache.clear(), now: undefined },
        'set before more other keys than the process remembers': {
          max: '20',
          change: async (cache) => {
            await cache.set('k', 'new');
            for (let n = 0; n < 66_000; n++) await cache.set(`other:${n}`, n);
          },
          now: undefined,
        },
        'set before longer other keys than the process remembers': {
          max: '20',
          change: async (cache) => {
            await cache.set('k', 'new');
            for (let n = 0; n < 1_100; n++) await cache.set(`other:${n}:${'x'.repeat(4_000)}`, n);
          },
          now: undefined,
        },
      };

    describe.each(Object.keys(outages) as (keyof typeof outages)[])('in which it was %s', (how) => {
      it.each(Object.keys(changes))('no process reads the old value of a key that was %s', async (what) => {
        const { max, change, now } = changes[what]!;
        const CACHE_NAMESPACE = `shop${randomInt(2 ** 40)}`;
        const env = shop(server().url, { CACHE_MAX_ENTRIES: max, CACHE_NAMESPACE, CACHE_TIMEOUT_MS: '150' });
        const [changer, other, fresh] = await Promise.all([startNode(env), startNode(env), startNode(env)]);
        onTestFinished(() => server().thaw());
        await changer.cache.set('k', 'old');
        await until(async () => (await other.cache.get('k')) === 'old');

        await outages[how].begin();
        await change(changer.cache);
        // Processes that change nothing also notice the outage.
        await Promise.all([other.cache.get('absent'), fresh.cache.get('absent')]);
        await delay(200);
        await outages[how].end();
        await until(() => [changer, other, fresh].every(isSharing));
        const back = performance.now();
        // It removes the keys that it changed right after it reconnects.
        await passed(100);

        const stale: string[] = [];
        let lastStale = 0;
        const look = async (who: string, node: CacheNode) => {
          const value = await node.cache.get('k');
          if (value === undefined || value === now) return;
          lastStale = performance.now() - back;
          stale.push(`${who} read ${JSON.stringify(value)}`);
        };
        while (performance.now() - back < 600) {
          await Promise.all([look('the changer', changer), look('a newcomer', fresh)]);
          // Without invalidations, its local entries may be up to 5 s old.
          if (name === 'Redis') await look('the other', other);
          await delay(10);
        }
        expect([...new Set(stale)], `the last after ${lastStale.toFixed(0)} ms`).toEqual([]);
        await changer.cache.set('k', 'newest');
        if (name === 'Redis') await until(async () => (await other.cache.get('k')) === 'newest', 1000);
        expect(await changer.cache.get('k')).toBe('newest');
      });
    });
  });

  describeWithServer('that fails', OWN[name], (server) => {
    it('causes one warning per 10 s for any number of failed calls, and one log line after the recovery', async () => {
      const node = await startNode(shop(server().url));
      const lines = () =>
        node.logger.lines.map(({ text }) => text).filter((text) => /shared cache/.test(text));
      await server().kill();
      const began = performance.now();
      let failed = 0;
      for (; failed < 5000; failed++) {
        await node.cache.get(`absent:${failed}`);
        if (failed % 10 === 0) await delay(5);
      }
      // While it is down, reconnecting fails repeatedly.
      expect(node.shared().errors).toBeGreaterThan(1);
      expect(lines()[0]).toContain('The shared cache fails');
      // One line, unless all these calls took longer than 10 s.
      expect(lines().length).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / 9_900));
      await server().start();
      await until(() => isSharing(node));
      await until(() => lines().at(-1)!.includes('in use again'));
      const said = lines().length;
      expect(said).toBeLessThanOrEqual(1 + Math.floor((performance.now() - began) / 9_900));
      for (const line of lines()) expect(line).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${server().port}`));
      // Nothing more is logged.
      await passed(100);
      expect(lines()).toHaveLength(said);
    });
  });

  describeWithServer('whose reply arrives while this process is busy', OWN[name], (server) => {
    it.each(['50', '20'])('does not count as late (timeout %s ms)', async (CACHE_TIMEOUT_MS) => {
      const [writer, reader] = await Promise.all([
        startNode(shop(server().url, { CACHE_TIMEOUT_MS: '10000' })),
        startNode(shop(server().url, { CACHE_TIMEOUT_MS })),
      ]);
      await writer.cache.set('k', 'there');
      await until(async () => (await reader.cache.get('k')) === 'there');
      const before = reader.shared();
      for (let n = 0; n < 3; n++) {
        await writer.cache.set(`k:${n}`, 'there');
        const asked = reader.cache.get(`k:${n}`);
        await turn();
        const busyUntil = performance.now() + 200;
        while (performance.now() < busyUntil);
        expect(await asked).toBe('there');
      }
      expect(reader.shared()).toEqual({ ...before, hits: before.hits + 3 });
    });

    it('does not count as down if sending a burst of calls takes longer than the call timeout', async () => {
      const env = shop(server().url, { CACHE_TIMEOUT_MS: '50', CACHE_NAMESPACE: `crowd-${randomUUID()}` });
      const writer = await startNode({ ...env, CACHE_TIMEOUT_MS: '10000' });
      const keys = Array.from({ length: 5_000 }, (_, n) => `k:${n}`);
      await writer.cache.mset(keys.map((key) => ({ key, value: { key } })));
      // Retried if the server itself got no CPU time. How many reads are in time depends on the machine.
      await until(async () => {
        const reader = await startNode({ ...env, CACHE_MAX_ENTRIES: '1' });
        const found = await reader.cache.mget(keys);
        return reader.shared().breaker === 'closed' && found.some((value) => value !== undefined);
      });
    });

    it('lets each caller wait for its own full timeout', async () => {
      const node = await startNode(shop(server().url, { CACHE_TIMEOUT_MS: '800' }));
      await node.cache.get('absent');
      server().freeze();
      onTestFinished(() => server().thaw());
      // The freeze takes effect a moment later.
      await delay(50);
      const asked = async (key: string) => {
        const from = performance.now();
        const withoutStalls = await took(() => node.cache.get(key));
        return { withoutStalls, withThem: performance.now() - from };
      };
      const first = asked('first');
      await delay(300);
      const second = asked('second');
      for (const { withoutStalls, withThem } of [await first, await second]) {
        // Counted from the start of the first call, the second would have only 500 ms.
        expect(withThem).toBeGreaterThan(550);
        expect(withoutStalls).toBeLessThan(1_000);
      }
      expect(await took(() => node.cache.get('third'))).toBeLessThan(400);
    });
  });

  describeWithServer('whose URL contains a password', OWN[name], (server) => {
    it('does not expose it through any injectable', async () => {
      const url = authorised(server().url, 'someone');
      if (name === 'Redis') {
        const raw = await rawRedis(server().url);
        await raw('ACL', 'SETUSER', 'someone', 'on', `>${PASSWORD}`, '~*', '&*', '+@all');
      }
      const { app } = await startApp('express', [], { env: shop(url) });
      if (name === 'Redis') await until(() => app.get(CacheMetrics).snapshot().shared!.isConnected);
      await app.get<Cache>(Cache).set('k', 1);
      await delay(100);
      const cache = app.get<Cache>(Cache);
      const injectables = {
        Cache: cache,
        CACHE_MANAGER: app.get(CACHE_MANAGER),
        'its store': cache.stores[0],
        LoadingCache: app.get(LoadingCache),
        CacheMetrics: app.get(CacheMetrics),
        'what the metrics say': app.get(CacheMetrics).snapshot(),
        ProductionConfig: app.get(ProductionConfig),
        BaseConfig: app.get(BaseConfig),
        ConfigService: app.get(ConfigService),
        'the bounds': app.get(BaseConfig).getCacheConfig(),
      };
      const showing = Object.entries(injectables).flatMap(([what, injectable]) =>
        [
          inspect(injectable),
          inspect(injectable, { depth: 20 }),
          jsonOf(injectable),
          String(injectable),
        ].some((text) => text.includes(PASSWORD))
          ? [what]
          : [],
      );
      expect(showing).toEqual([]);
    });
  });
});

/** JSON as a careless logger writes it, without circular references. */
function jsonOf(value: unknown): string {
  const seen = new Set<unknown>();
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === 'bigint') return String(part);
    if (typeof part !== 'object' || part === null) return part;
    if (seen.has(part)) return undefined;
    seen.add(part);
    return part;
  });
}

describeWithServer(
  'a Redis that is a replica',
  () => startOwnRedis(),
  (server) => {
    it('is not used: each process uses its local cache, without errors', async () => {
      const raw = await rawRedis(server().url);
      const nobody = String(await freePort());
      const node = await startNode(shop(server().url));
      await node.cache.set('before', 1);
      // The primary does not exist, so that the replica retains its data.
      await raw('REPLICAOF', '127.0.0.1', nobody);
      await node.cache.set('refused', 1);
      await until(() => !node.shared().isConnected);
      await expectOwnCache(node);
      expect(node.shared()).toMatchObject({ isConnected: false, timeouts: 0 });
      expect(node.shared().errors).toBeGreaterThan(0);
      const lines = node.logger.of('warn').filter((text) => text.includes('shared cache'));
      expect(lines).toHaveLength(1);
      // Either a rejected write or the role check is reported first.
      expect(lines[0]).toMatch(/READONLY|points to a replica/);

      await raw('REPLICAOF', 'NO', 'ONE');
      const other = await startNode(shop(server().url));
      let n = 0;
      await until(async () => {
        await node.cache.set('again', ++n);
        return (await other.cache.get('again')) === n;
      });
    });
  },
);

describeWithServer(
  'a Redis with a password',
  () => startOwnRedis('--requirepass', PASSWORD),
  (server) => {
    it.each([
      ['no password', 'NOAUTH', (url: string) => url],
      ['a wrong password', 'WRONGPASS', (url: string) => authorised(url).replace(PASSWORD, 'Wr0ng-Viola-99')],
    ])('is not used by a process with %s, which uses its local cache', async (_what, code, urlOf) => {
      const node = await startNode(shop(urlOf(server().url)), false);
      await until(() => node.shared().errors > 2);
      await expectOwnCache(node);
      expect(node.shared()).toMatchObject({ isConnected: false, timeouts: 0 });
      const lines = node.logger.lines.map(({ text }) => text).filter((text) => text.includes('shared cache'));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(code);
      expect(lines[0]).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${server().port}|Viola`));
    });

    it('is used by processes with the password', async () => {
      const [a, b] = [
        await startNode(shop(authorised(server().url))),
        await startNode(shop(authorised(server().url))),
      ];
      await a.cache.set('k', 1);
      expect(await b.cache.get('k')).toBe(1);
    });
  },
);

describeWithServer(
  'a Redis that is full',
  () => startOwnRedis(),
  (server) => {
    it('rejects new values: the writer uses its local cache, and no process reads the old value', async () => {
      const raw = await rawRedis(server().url);
      const [node, other] = [await startNode(shop(server().url)), await startNode(shop(server().url))];
      await node.cache.set('k', 'old');
      expect(await other.cache.get('k')).toBe('old');
      await raw('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
      await raw('CONFIG', 'SET', 'maxmemory', '1mb');
      await expect(raw('SET', 'filler', 'x')).rejects.toThrow('OOM');

      await node.cache.set('k', 'new');
      expect(await node.cache.get('k')).toBe('new');
      await until(async () => (await other.cache.get('k')) === undefined, 1000);
      // Repeatedly: an invalidation by this process itself does not count as a change by another.
      for (let n = 0; n < 5; n++) {
        await node.cache.set('k', n);
        await settled(node, other);
        expect(await node.cache.get('k')).toBe(n);
      }
      await node.cache.del('k');
      await settled(node, other);
      expect(await node.loading.get('k', () => 'loaded')).toBe('loaded');
      await settled(node, other);
      expect(await node.loading.get('k', () => 'again')).toBe('loaded');
      await expectOwnCache(node);
      expect(node.shared()).toMatchObject({ breaker: 'closed', isConnected: true, timeouts: 0 });
      expect(node.logger.lines.map(({ text }) => text).join('\n')).not.toContain('127.0.0.1');
      await raw('CONFIG', 'SET', 'maxmemory', '0');
      await until(async () => {
        await node.cache.set('k', 'newest');
        return (await other.cache.get('k')) === 'newest';
      });
    });
  },
);

const FOLDER = mkdtempSync(join(tmpdir(), 'loading-redis-'));

describeWithServer(
  'a Redis that is loading its snapshot',
  async () => {
    // Slowly: a millisecond per entry, with events handled in between.
    const server = await startOwnRedis(
      '--dir',
      FOLDER,
      '--key-load-delay',
      '1000',
      '--loading-process-events-interval-bytes',
      '1024',
    );
    return (
      server &&
      Object.assign(server, {
        stop: async () => {
          await server.kill();
          rmSync(FOLDER, { recursive: true, force: true });
        },
      })
    );
  },
  (server) => {
    it('is used once it has loaded, and does not delay calls before', async () => {
      const fill = await rawRedis(server().url);
      await fill('EVAL', "for i = 1, 1500 do redis.call('SET', 'filler:' .. i, 'x') end", '0');
      await fill('SAVE');
      const node = await startNode(shop(server().url));
      await server().kill();
      await server().start();
      const raw = await rawRedis(server().url);
      await expect(raw('GET', 'filler:1')).rejects.toThrow('LOADING');
      for (let n = 0; n < 50; n++) {
        expect(await took(() => node.cache.set(`k:${n}`, n))).toBeLessThan(150);
        expect(await node.cache.get(`k:${n}`)).toBe(n);
      }
      await until(() => isSharing(node), 10_000);
      const other = await startNode(shop(server().url));
      await until(async () => {
        await node.cache.set('k', 'shared');
        return (await other.cache.get('k')) === 'shared';
      });
    });
  },
);

describeWithServer(
  'a Redis account with restricted permissions',
  () => startOwnRedis(),
  (server) => {
    const LIMITS: Record<string, string> = {
      'run scripts': '-eval',
      'track its reads': '-client|tracking',
      'use CLIENT commands': '-client',
    };
    const urlOf = async (user: string, limit: string) => {
      const raw = await rawRedis(server().url);
      await raw('ACL', 'SETUSER', user, 'reset', 'on', `>${PASSWORD}`, '~*', '&*', '+@all', limit);
      return authorised(server().url, user);
    };

    it('still shares entries, and caches its reads for at most 5 s', async () => {
      const shareAs = async (limit: string, n: number) => {
        const env = shop(await urlOf(`limited${n}`, limit), {
          CACHE_NAMESPACE: `shop${n}`,
          CACHE_TIMEOUT_MS: '10000',
        });
        const [a, b] = [await startNode(env), await startNode(env)];
        await a.cache.mset([
          { key: 'changed', value: 'old' },
          { key: 'removed', value: 'old' },
        ]);
        expect(await b.cache.mget(['changed', 'removed'])).toEqual(['old', 'old']);
        await a.cache.set('changed', 'new');
        await a.cache.del('removed');
        await until(async () => (await b.cache.get('changed')) === 'new', 6_000);
        await until(async () => (await b.cache.get('removed')) === undefined, 6_000);
        await a.cache.set('k', 'cleared');
        await a.cache.clear();
        expect(await b.cache.get('k')).toBeUndefined();
        expect(await b.loading.get('loaded', () => 1)).toBe(1);
        expect(await a.loading.get('loaded', () => 2)).toBe(1);
        expect(a.shared()).toMatchObject({ timeouts: 0, errors: 0, breaker: 'closed' });
      };
      await Promise.all(Object.values(LIMITS).map(shareAs));
    });

    it.each(Object.keys(LIMITS))('is reported once if it may not %s', async (what) => {
      const node = await startNode(shop(await urlOf('limited', LIMITS[what]!)));
      await node.cache.set('k', 1);
      const warnings = () => node.logger.of('warn').filter((text) => /track|5 s|tell/i.test(text));
      expect(warnings()).toHaveLength(1);
      const raw = await rawRedis(server().url);
      await raw('CLIENT', 'KILL', 'USER', 'limited');
      await until(() => !node.shared().isConnected);
      await until(() => isSharing(node));
      expect(warnings()).toHaveLength(1);
      expect(warnings()[0]).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${server().port}|${PASSWORD}`));
    });
  },
);

describeWithServer('foreign data under our keys on Redis', startRedis, (server) => {
  const FOREIGN: Record<string, (name: string) => string[]> = {
    'a string': (name) => ['SET', name, 'hello, I am no entry of anybody'],
    'an empty string': (name) => ['SET', name, ''],
    'a truncated entry': (name) => ['SET', name, 'npc1'],
    'an entry with a wrong checksum': (name) => ['SET', name, `npc1${'\x01'.repeat(40)}`],
    'a list': (name) => ['RPUSH', name, 'a', 'b'],
    'a hash': (name) => ['HSET', name, 'a', 'b'],
    'a stream': (name) => ['XADD', name, '*', 'a', 'b'],
  };

  it.each(Object.keys(FOREIGN))('(%s) is a miss, and is replaced by writes', async (what) => {
    const raw = await rawRedis(server().url);
    const [node, other] = [await startNode(shop(server().url)), await startNode(shop(server().url))];
    const write = async (key: string) => {
      await raw('DEL', nameOf(key));
      await raw(...FOREIGN[what]!(nameOf(key)));
    };
    await write('read');
    expect(await node.cache.get('read')).toBeUndefined();
    expect(await node.cache.wrap('read', async () => 'wrapped')).toBe('wrapped');
    await write('loaded');
    expect(await node.loading.get('loaded', () => 'loaded')).toBe('loaded');
    await until(async () => {
      await node.loading.get('loaded', () => 'loaded');
      return (await node.cache.get('loaded')) === 'loaded';
    });
    await write('set');
    await node.cache.set('set', 'set');
    expect(await node.cache.get('set')).toBe('set');
    await write('removed');
    await node.cache.del('removed');
    expect(await node.cache.get('removed')).toBeUndefined();
    await write('many');
    expect(await node.cache.mget(['many', 'set'])).toEqual([undefined, 'set']);
    await until(async () => {
      await node.cache.set('set', 'shared');
      return (await other.cache.get('set')) === 'shared';
    });
    await write('cleared');
    await node.cache.clear();
    expect(await raw('EXISTS', nameOf('cleared'))).toBe(0);
    expect(node.shared().breaker).toBe('closed');
  });

  it('invalidates the entry that it overwrites, and is a miss', async () => {
    const raw = await rawRedis(server().url);
    const node = await startNode(shop(server().url));
    await node.cache.set('mine', 'mine');
    await raw('SET', nameOf('mine'), 'garbage');
    await until(async () => (await node.cache.get('mine')) === undefined);
    expect(node.shared().corrupt).toBeGreaterThan(0);
    await node.cache.set('mine', 'mine');
    expect(await node.cache.get('mine')).toBe('mine');
  });
});

describeWithServer('foreign data under our keys on memcached', startMemcached, (server) => {
  it('is a miss, and is replaced by writes', async () => {
    const [node, other] = [await startNode(shop(server().url)), await startNode(shop(server().url))];
    const memjs = await import('memjs');
    const raw = memjs.Client.create(new URL(server().url).host);
    onTestFinished(() => raw.close());
    for (const garbage of ['hello', '', 'x'.repeat(500), 'npc1']) {
      await raw.set(nameOf('k'), garbage, { expires: 0 });
      expect(await node.cache.get('k')).toBeUndefined();
      expect(await node.loading.get('k', () => 'loaded')).toBe('loaded');
      expect(await other.cache.get('k')).toBe('loaded');
      await node.cache.del('k');
      await other.cache.del('k');
    }
    // The generation marker beside the entries, which clear() changes.
    await raw.set(`${NAMESPACE}:1!generation`, 'nonsense and more', { expires: 0 });
    await expectOwnCache(node);
    await expectOwnCache(other);
    expect(node.shared()).toMatchObject({ breaker: 'closed', timeouts: 0, errors: 0 });
  });
});
