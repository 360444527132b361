import { Controller, Get, Query, UseInterceptors } from '@nestjs/common';
import fc from 'fast-check';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { CacheMetrics, CachePublic, HttpCacheInterceptor } from 'nestjs-production-config';
import { describeStores, SHARED_STORES } from './support/cache-stores.js';
import { ChaosProxy, type Chaos } from './support/chaos-proxy.js';
import { startNode, until } from './support/cache-node.js';
import { ADAPTERS, startApp } from './support/http-app.js';
import { IS_LONG, runs } from './support/runs.js';
import { Stalls } from './support/stalls.js';

const CHAOS: Chaos[] = [
  'slow',
  'silent',
  'closing',
  'resetting',
  'refusing',
  'mixing',
  'corrupting',
  'garbling',
];
const TIMEOUT_MS = 50;
// A call may take slightly longer than its timeout, and longer still on a busy machine.
const IN_TIME_MS = 4 * (TIMEOUT_MS + 50);

const KEYS = ['a', 'b', 'c', '"d'];
const STEP = fc.oneof(
  fc.record({
    what: fc.constantFrom('set', 'get', 'get', 'del', 'wrap', 'load'),
    key: fc.constantFrom(...KEYS),
  }),
  fc.record({ what: fc.constantFrom('mget', 'mset', 'mdel', 'clear', 'spoil', 'mend', 'pause') }),
);

const { 'Redis without HELLO': _alike, 'Redis without tracking': untracked, ...TRIED } = SHARED_STORES;
const FAILING = IS_LONG ? { ...TRIED, 'Redis without tracking': untracked } : TRIED;

@Controller()
@UseInterceptors(HttpCacheInterceptor)
class EchoController {
  @Get('echo')
  @CachePublic()
  echo(@Query('q') q: string) {
    return { q };
  }
}

describeStores('a cache on a failing server', FAILING, (store) => {
  async function startSpoilt() {
    const proxy = await ChaosProxy.start(store.url());
    onTestFinished(() => proxy.stop());
    const env = { ...store.env(), CACHE_URL: proxy.url, CACHE_TIMEOUT_MS: String(TIMEOUT_MS) };
    // With only two local entries, most reads go to the server.
    return { proxy, env, node: await startNode({ ...env, CACHE_MAX_ENTRIES: '2' }) };
  }

  /** Returns the result of a call, and checks that the call is in time. */
  async function timely<T>(call: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const stalls = new Stalls();
    try {
      return await call();
    } finally {
      expect(stalls.since(started)).toBeLessThan(IN_TIME_MS);
      stalls.stop();
    }
  }

  it.each(CHAOS)(
    '(%s) never throws, returns in time, and returns only a value of the requested key or none',
    async (chaos) => {
      const { proxy, env, node } = await startSpoilt();
      const { cache, loading } = node;
      const truth = new Map<string, number>();
      let version = 0;
      const written = new Map(KEYS.map((key) => [key, new Set<unknown>()]));
      // clear() asks Redis for the entries to remove: a forged reply can leave an older value of the same key.
      const isHonest = !['mixing', 'corrupting', 'garbling'].includes(chaos);
      const mayBe = (key: string, value: unknown) =>
        value === undefined || (isHonest ? value === truth.get(key) : written.get(key)!.has(value));
      const isTrue = (key: string, value: unknown) =>
        expect([key, value, mayBe(key, value)]).toEqual([key, value, true]);
      const next = (key: string) => {
        truth.set(key, ++version);
        written.get(key)!.add(version);
        return version;
      };
      // A load returns the current version, or creates one for a key that has none.
      const load = (key: string) => async () => truth.get(key) ?? next(key);

      const act: Record<string, (key: string) => Promise<unknown>> = {
        set: (key) => cache.set(key, next(key)),
        get: async (key) => isTrue(key, await cache.get(key)),
        wrap: async (key) => isTrue(key, await cache.wrap(key, load(key))),
        load: async (key) => isTrue(key, await loading.get(key, load(key))),
        del: (key) => {
          truth.delete(key);
          return cache.del(key);
        },
        mget: async () => (await cache.mget(KEYS)).forEach((value, at) => isTrue(KEYS[at]!, value)),
        mset: () => cache.mset(KEYS.map((key) => ({ key, value: next(key) }))),
        mdel: () => {
          truth.clear();
          return cache.mdel(KEYS);
        },
        clear: () => {
          truth.clear();
          return cache.clear();
        },
        spoil: async () => proxy.become(chaos),
        mend: async () => proxy.become('none'),
        pause: () => delay(120),
      };
      await until(async () => {
        await act['mset']!('');
        await act['mget']!('');
        return node.shared().hits > 0;
      });
      await fc.assert(
        fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 60 }), async (steps) => {
          proxy.become(chaos);
          for (const step of steps) {
            await timely(() => act[step.what]!('key' in step ? step.key : ''));
          }
        }),
        // Shrinking would take minutes.
        { numRuns: runs(6), endOnFailure: true },
      );

      // Continues until at least one call was disrupted.
      proxy.become(chaos);
      await until(async () => {
        const { errors, timeouts, corrupt } = node.shared();
        if (errors + timeouts + corrupt > 0) return true;
        await act['mset']!('');
        await act['mget']!('');
        return false;
      });

      proxy.become('none');
      await until(() => node.shared().isConnected && node.shared().breaker === 'closed', 20_000);
      for (const key of KEYS) isTrue(key, await cache.get(key));
      // Outdated values soon disappear from the server, also for a process whose calls never failed.
      await until(async () => {
        const witness = await startNode({ ...env, CACHE_URL: store.url() });
        const seen = await witness.cache.mget(KEYS);
        return seen.every((value, at) => mayBe(KEYS[at]!, value));
      }, 30_000);
      expect(new Set(node.logger.of('error'))).toEqual(new Set());
    },
  );

  it.each(IS_LONG ? ADAPTERS : ADAPTERS.slice(0, 1))(
    'does not change HTTP responses (%s)',
    async (adapter) => {
      const proxy = await ChaosProxy.start(store.url());
      onTestFinished(() => proxy.stop());
      const env = {
        ...store.env(),
        CACHE_URL: proxy.url,
        CACHE_TIMEOUT_MS: String(TIMEOUT_MS),
        CACHE_MAX_ENTRIES: '2',
      };
      const { app, url } = await startApp(adapter, [EchoController], { env });
      const shared = () => app.get(CacheMetrics).snapshot().shared!;
      for (const chaos of CHAOS) {
        proxy.become(chaos);
        for (let q = 0; q < 10; q++) {
          const response = await fetch(`${url}/echo?q=${q % 4}`);
          expect([response.status, await response.json()]).toEqual([200, { q: String(q % 4) }]);
        }
        // The connection is up and in use again.
        proxy.become('none');
        await until(() => shared().isConnected && shared().breaker === 'closed');
      }
    },
  );
});
