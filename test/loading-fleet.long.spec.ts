import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect, it, vi } from 'vitest';
import { settled, startNode } from './support/cache-node.js';
import { describeStores, SHARED_STORES } from './support/cache-stores.js';
import { Source } from './support/load-source.js';
import { took, until } from './support/stalls.js';

const NODES = 4;
const STALE = { ttlSeconds: 0.05, staleWhileRevalidateSeconds: 600 };
const RENEWED = { ttlSeconds: 600, staleWhileRevalidateSeconds: 600 };

const failing = () => Promise.reject(new Error('the source is down'));

afterEach(() => vi.useRealTimers());

const { Redis, memcached } = SHARED_STORES;

describeStores('LoadingCache in a fleet', { Redis, memcached }, (store) => {
  const startFleet = (count: number) => {
    const env = store.env();
    return Promise.all(Array.from({ length: count }, () => startNode(env)));
  };

  it('revalidates once with lock, while all processes serve the stale value at once', async () => {
    const nodes = await startFleet(NODES);
    const source = new Source();
    const options = { ...RENEWED, lock: true };
    await nodes[0]!.loading.get('a', () => 'old', STALE);
    for (const { cache } of nodes) await until(async () => (await cache.get('a')) === undefined);
    const readAll = () => Promise.all(nodes.map(({ loading }) => loading.get('a', source.load, options)));
    let longest = 0;
    for (let round = 0; round < 50; round++) {
      const values: unknown[] = [];
      longest = Math.max(longest, await took(async () => void values.push(...(await readAll()))));
      expect(new Set(values)).toEqual(new Set(['old']));
      await delay(5);
    }
    console.log(`${NODES} reads at once of a stale value took at most ${longest.toFixed(1)} ms`);
    await source.asked(1);
    source.answer('new');
    for (const { loading } of nodes) {
      await until(async () => (await loading.get('a', source.load, options)) === 'new');
    }
    expect(source.calls).toBe(1);
    const inBackground = () =>
      nodes.map(({ metrics }) => metrics.snapshot().backgroundLoads).reduce((one, other) => one + other);
    await until(() => inBackground() === 1);
  });

  it('lets another process revalidate if the load of the first one fails', async () => {
    const [one, other] = await startFleet(2);
    await one!.loading.get('a', () => 'old', STALE);
    for (const { cache } of [one!, other!]) await until(async () => (await cache.get('a')) === undefined);
    expect(await one!.loading.get('a', failing, { ...RENEWED, lock: true })).toBe('old');
    await until(() => one!.metrics.snapshot().backgroundLoadFailures === 1);
    const read = (node: typeof one) => node!.loading.get('a', () => 'new', { ...RENEWED, lock: true });
    await until(async () => (await read(other)) === 'new');
    await until(async () => (await read(one)) === 'new');
  });

  it('backs off from a failing source even if the stale value is only on the server', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { loading, cache } = await startNode({ ...store.env(), CACHE_MAX_ENTRIES: '1' });
    for (const permit of [{ graceSeconds: 3600 }, { staleWhileRevalidateSeconds: 3600 }]) {
      const options = { ttlSeconds: 10, ...permit };
      const load = vi.fn(async () => {
        await cache.set('other', 1);
        throw new Error('the source is down');
      });
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 11_000);
      for (const seconds of [1, 2, 4]) {
        load.mockClear();
        for (let call = 0; call < 50; call++) {
          expect(await loading.get('a', load, options)).toBe('old');
          await cache.set('other', call);
        }
        expect(load).toHaveBeenCalledTimes(1);
        vi.setSystemTime(Date.now() + seconds * 1000);
      }
      await loading.delete('a');
    }
  });

  it('replaces a value in all processes by a forced load', async () => {
    const [one, other] = await startFleet(2);
    for (const { loading } of [one!, other!]) expect(await loading.get('a', () => 'old')).toBe('old');
    expect(await one!.loading.get('a', () => 'new', { force: true })).toBe('new');
    await until(async () => (await other!.cache.get('a')) === 'new');
    await expect(other!.loading.get('a', failing, { force: true })).rejects.toThrow('the source is down');
    await settled(one!, other!);
    for (const { cache } of [one!, other!]) expect(await cache.get('a')).toBe('new');
  });
});

describeStores('LoadingCache in a fleet with invalidations', { Redis }, (store) => {
  it.each([true, false])(
    'never keeps what an older load of another process stored during a forced load (known before it ends: %s)',
    async (isKnown) => {
      const [one, other] = await store.startPair();
      for (let round = 0; round < 20; round++) {
        const key = `key ${round}`;
        const [older, newer] = [new Source(), new Source()];
        const asked = other.loading.get(key, older.load);
        await older.asked(1);
        const forced = one.loading.get(key, newer.load, { force: true });
        await newer.asked(1);
        older.answer('older');
        if (isKnown) await asked;
        if (isKnown) await settled(one, other);
        newer.answer('newer');
        await asked;
        expect(await forced).toBe('newer');
        await settled(one, other);
        for (const { cache } of [one, other]) expect(await cache.get(key)).not.toBe('older');
      }
    },
  );

  it('keeps the value of a process that loaded after the lock of a late load was released', async () => {
    const [one, other] = await store.startPair();
    const source = new Source();
    const late = one.loading.get('a', source.load, { lock: true, timeoutMs: 200 });
    late.catch(() => undefined);
    await source.asked(1);
    await expect(late).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_TIMEOUT' });
    expect(await other.loading.get('a', () => 'second', { lock: true })).toBe('second');
    source.answer('first');
    await settled(one, other);
    for (const { cache } of [one, other]) expect(await cache.get('a')).toBe('second');
  });
});
