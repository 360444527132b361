import { afterEach, describe, expect, it, vi } from 'vitest';
import { settled, startNode } from './support/cache-node.js';
import { describeStores, STORES } from './support/cache-stores.js';
import { Source } from './support/load-source.js';
import { until } from './support/stalls.js';

const failing = () => Promise.reject(new Error('the source is down'));
const turns = () => new Promise((resolve) => setTimeout(resolve, 20));

afterEach(() => vi.useRealTimers());

const { memory, Redis } = STORES;

describeStores('LoadingCache options', { memory, Redis }, (store) => {
  /** A node whose clock the test moves. */
  const startCache = async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const node = await startNode(store.env());
    return { ...node, wait: (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000) };
  };

  describe('staleWhileRevalidateSeconds', () => {
    const options = { ttlSeconds: 10, staleWhileRevalidateSeconds: 30 };

    it('returns the stale value at once, while one load runs in the background', async () => {
      const { loading, metrics, wait } = await startCache();
      const source = new Source();
      await loading.get('a', () => 'old', options);
      wait(11);
      for (let round = 0; round < 3; round++) {
        const asked = Array.from({ length: 50 }, () => loading.get('a', source.load, options));
        expect(new Set(await Promise.all(asked))).toEqual(new Set(['old']));
      }
      await source.asked(1);
      source.answer('new');
      await until(async () => (await loading.get('a', source.load, options)) === 'new');
      expect(source.calls).toBe(1);
      await until(() => metrics.snapshot().backgroundLoads === 1);
      expect(metrics.snapshot()).toMatchObject({ loads: 2, backgroundLoadFailures: 0 });
    });

    it('serves the stale value for its time and no longer', async () => {
      const { loading, metrics, wait } = await startCache();
      await loading.get('a', () => 'old', options);
      wait(38.9);
      expect(await loading.get('a', failing, options)).toBe('old');
      await until(() => metrics.snapshot().backgroundLoadFailures === 1);
      wait(1.2);
      await expect(loading.get('a', failing, options)).rejects.toThrow('the source is down');
    });

    it('serves no stale value at once after its time, even within a longer grace period', async () => {
      const { loading, wait } = await startCache();
      const graced = { ...options, graceSeconds: 3600 };
      await loading.get('a', () => 'old', graced);
      wait(41);
      const source = new Source();
      const asked = loading.get('a', source.load, graced);
      await source.asked(1);
      source.answer('new');
      expect(await asked).toBe('new');
      wait(41);
      expect(await loading.get('a', failing, graced)).toBe('new');
    });

    it('backs off from a failing source, with one load per interval', async () => {
      const node = await startCache();
      const { loading, metrics, wait } = node;
      const loadsAt: number[] = [];
      const load = () => (loadsAt.push(Date.now()), failing());
      const long = { ttlSeconds: 10, staleWhileRevalidateSeconds: 3600 };
      await loading.get('a', () => 'old', long);
      wait(10.5);
      for (let step = 0; step < 480; step++) {
        expect(await loading.get('a', load, long)).toBe('old');
        // The background load of this call, if there is one, starts and ends.
        await settled(node);
        await until(() => metrics.snapshot().backgroundLoadFailures === loadsAt.length);
        wait(0.25);
      }
      const pauses = loadsAt.slice(1).map((ms, index) => ms - loadsAt[index]!);
      for (const [index, pause] of pauses.entries()) {
        const longest = Math.min(30_000, 1_000 * 2 ** index);
        expect(pause).toBeLessThanOrEqual(longest + 250);
        expect(pause).toBeGreaterThanOrEqual(0.75 * longest);
      }
      expect(pauses.length).toBeGreaterThan(5);
    });

    it('does not serve a value after one of its tags was invalidated', async () => {
      const { loading, wait } = await startCache();
      const tagged = { ...options, graceSeconds: 60, tags: ['product:7'] };
      await loading.get('a', () => 'old', tagged);
      wait(11);
      expect(await loading.get('a', failing, tagged)).toBe('old');
      await loading.invalidateTags('product:7');
      await expect(loading.get('a', failing, tagged)).rejects.toThrow('the source is down');
      expect(await loading.get('a', () => 'new', tagged)).toBe('new');
    });

    it('and graceSeconds permit a stale value only to the caller that has the option', async () => {
      const { loading, wait } = await startCache();
      await loading.get('a', () => 'old', { ...options, graceSeconds: 60 });
      wait(31);
      await expect(loading.get('a', failing)).rejects.toThrow('the source is down');
      await expect(loading.get('a', failing, { graceSeconds: 20 })).rejects.toThrow('the source is down');
      expect(await loading.get('a', failing, { graceSeconds: 30 })).toBe('old');
      const source = new Source();
      const asked = loading.get('a', source.load, { staleWhileRevalidateSeconds: 20, softTimeoutMs: 60_000 });
      await source.asked(1);
      source.answer('new');
      expect(await asked).toBe('new');
    });
  });

  describe('softTimeoutMs', () => {
    const options = { ttlSeconds: 10, graceSeconds: 60 };

    it('ends the wait for a load if there is a stale value, and the load continues', async () => {
      const { loading, wait } = await startCache();
      const source = new Source();
      await loading.get('a', () => 'old', options);
      wait(11);
      for (const softTimeoutMs of [0, 20]) {
        expect(await loading.get('a', source.load, { ...options, softTimeoutMs })).toBe('old');
      }
      await source.asked(1);
      source.answer('new');
      await until(
        async () => (await loading.get('a', source.load, { ...options, softTimeoutMs: 0 })) === 'new',
      );
      expect(source.calls).toBe(1);
    });

    it('lets a caller wait for longer than the default, and has no effect without a stale value', async () => {
      const { loading, wait } = await startCache();
      const source = new Source();
      await loading.get('a', () => 'old', options);
      wait(11);
      const early = loading.get('a', source.load, { ...options, softTimeoutMs: 60_000 });
      await source.asked(1);
      wait(10);
      const late = loading.get('a', source.load, { ...options, softTimeoutMs: 60_000 });
      expect(await loading.get('a', source.load, options)).toBe('old');
      source.answer('new');
      expect(await Promise.all([early, late])).toEqual(['new', 'new']);
      const cold = loading.get('cold', source.load, { ...options, softTimeoutMs: 0 });
      await source.asked(2);
      source.answer('loaded');
      expect(await cold).toBe('loaded');
    });
  });

  describe('ttlSeconds', () => {
    it('may be computed from the value', async () => {
      const { loading, cache, wait } = await startCache();
      const options = { ttlSeconds: (value: { readonly seconds: number }) => value.seconds };
      for (const seconds of [10, 100]) await loading.get(`for ${seconds}`, () => ({ seconds }), options);
      wait(11);
      expect(await cache.get('for 10')).toBeUndefined();
      expect(await cache.get('for 100')).toEqual({ seconds: 100 });
    });

    it('of 0 or less does not store the value, and removes the one before it', async () => {
      const { loading, cache, metrics, wait } = await startCache();
      for (const seconds of [0, -1]) {
        await loading.get('a', () => 'old', { ttlSeconds: 10, graceSeconds: 60 });
        wait(11);
        const options = { ttlSeconds: () => seconds, graceSeconds: 60 };
        expect(await loading.get('a', () => 'new', options)).toBe('new');
        expect(await cache.get('a')).toBeUndefined();
        await expect(loading.get('a', failing, options)).rejects.toThrow('the source is down');
      }
      expect(metrics.snapshot().rejections).toBe(0);
    });

    it.each<[string, () => number]>([
      ['throws', () => undefined!['seconds']],
      ['returns NaN', () => NaN],
      ['returns Infinity', () => Infinity],
      ['returns a text', () => '60' as unknown as number],
    ])('that %s does not lose the value, and is counted and logged once', async (_what, ttlSeconds) => {
      const { loading, cache, metrics, logger } = await startCache();
      for (let round = 0; round < 3; round++) {
        expect(await loading.get('user:ada', () => 'loaded', { ttlSeconds })).toBe('loaded');
        expect(await cache.get('user:ada')).toBeUndefined();
      }
      expect(metrics.snapshot()).toMatchObject({ loads: 3, loadFailures: 0, rejections: 3 });
      const warnings = logger.of('warn').filter((line) => line.includes('ttlSeconds'));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('user…');
    });

    it('is not called for undefined, which is never stored', async () => {
      const { loading } = await startCache();
      const ttlSeconds = vi.fn(() => 1);
      expect(await loading.get('a', () => undefined, { ttlSeconds })).toBeUndefined();
      expect(ttlSeconds).not.toHaveBeenCalled();
    });
  });

  describe('force', () => {
    const force = { force: true };

    it('loads once for concurrent callers even if there is a fresh value, and replaces it', async () => {
      const { loading, cache } = await startCache();
      const source = new Source();
      await loading.get('a', () => ({ version: 1 }));
      const asked = [loading.get('a', source.load, force), loading.get('a', source.load, force)];
      await source.asked(1);
      expect(await loading.get('a', source.load)).toEqual({ version: 1 });
      source.answer({ version: 2 });
      for (const value of await Promise.all(asked)) {
        expect(value).toEqual({ version: 2 });
        expect(Object.isFrozen(value)).toBe(true);
      }
      expect(await cache.get('a')).toEqual({ version: 2 });
      expect(source.calls).toBe(1);
    });

    it.each([true, false])(
      'joins no older load, whose value never replaces the new one (older first: %s)',
      async (isOlderFirst) => {
        const { loading, cache } = await startCache();
        const [older, newer] = [new Source(), new Source()];
        const asked = loading.get('a', older.load, { lock: true });
        await older.asked(1);
        const forced = loading.get('a', newer.load, { ...force, lock: true });
        await newer.asked(1);
        const joined = loading.get('a', older.load);
        if (isOlderFirst) {
          older.answer('older');
          await asked;
          newer.answer('newer');
        } else {
          newer.answer('newer');
          await forced;
          older.answer('older');
        }
        expect(await Promise.all([asked, forced, joined])).toEqual(['older', 'newer', 'newer']);
        expect(await cache.get('a')).toBe('newer');
      },
    );

    it('passes on the error of a load, and leaves the present value, fresh or stale', async () => {
      const { loading, cache, wait } = await startCache();
      const options = { ttlSeconds: 10, graceSeconds: 60, staleWhileRevalidateSeconds: 60 };
      await loading.get('a', () => 'present', options);
      await expect(loading.get('a', failing, { ...options, ...force })).rejects.toThrow('the source is down');
      expect(await cache.get('a')).toBe('present');
      wait(11);
      await expect(loading.get('a', failing, { ...options, ...force })).rejects.toThrow('the source is down');
      expect(await loading.get('a', failing, options)).toBe('present');
      await expect(
        loading.get('a', () => new Promise(() => undefined), { ...options, ...force, timeoutMs: 10 }),
      ).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_TIMEOUT' });
    });

    it('does not undo a change during the load', async () => {
      const { loading, cache } = await startCache();
      const source = new Source();
      const forced = loading.get('a', source.load, force);
      await source.asked(1);
      await cache.set('a', 'newer');
      source.answer('older');
      expect(await forced).toBe('older');
      expect(await cache.get('a')).toBe('newer');
    });

    it('is refused in a load of the same key', async () => {
      const { loading } = await startCache();
      const own = (): Promise<unknown> => loading.get('a', own, force);
      await expect(loading.get('a', own)).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_CYCLE' });
      await expect(loading.get('a', own, force)).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_CYCLE' });
    });
  });

  it('refreshAheadSeconds keeps the grace period of the value', async () => {
    const { loading, cache, metrics, wait } = await startCache();
    const options = { ttlSeconds: 100, refreshAheadSeconds: 30, graceSeconds: 600 };
    await loading.get('a', () => 'old', options);
    wait(75);
    // Without invalidations, this process first checks the shared cache again.
    await cache.get('a');
    expect(await loading.get('a', () => 'new', options)).toBe('old');
    await until(() => metrics.snapshot().backgroundLoads === 1);
    await until(async () => (await cache.get('a')) === 'new');
    wait(101);
    expect(await loading.get('a', failing, options)).toBe('new');
  });

  it.each([false, true])(
    'timeoutMs does not end the load, whose value is stored (lock: %s)',
    async (lock) => {
      const { loading, cache } = await startCache();
      const source = new Source();
      /** On a busy machine, callers may leave before the load starts. */
      const startLate = async (key: string, calls: number) => {
        while (source.calls < calls) {
          const asked = loading.get(key, source.load, { timeoutMs: 50, lock });
          await expect(asked).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_TIMEOUT' });
        }
      };
      await startLate('a', 1);
      source.answer('late');
      await until(async () => (await cache.get('a')) === 'late');
      await startLate('b', 2);
      await cache.set('b', 'newer');
      source.answer('late');
      await turns();
      expect(await cache.get('b')).toBe('newer');
    },
  );
});

describeStores('LoadingCache.set() and delete()', { memory, Redis }, (store) => {
  it('are seen by the other processes', async () => {
    const [one, other] = await store.startPair();
    for (const node of [one, other]) {
      expect(await node.loading.get('a', () => 'loaded')).toBe('loaded');
      await other.loading.set('b', 'present');
      expect(await one.loading.set('a', 'set')).toBe(true);
      await until(async () => (await other.cache.get('a')) === 'set');
      expect(await one.loading.delete('a', 'b')).toBe(true);
      await until(async () => (await other.cache.get('a')) === undefined);
      expect(await one.loading.delete('a', 'b')).toBe(false);
      expect(await one.loading.delete()).toBe(false);
    }
  });

  it('keep a load that is in flight out of the cache', async () => {
    const { loading, cache } = await startNode(store.env());
    for (const [change, after] of [
      [() => loading.delete('a'), undefined],
      [() => loading.set('a', 'newer'), 'newer'],
    ] as const) {
      const source = new Source();
      await cache.del('a');
      const asked = loading.get('a', source.load);
      await source.asked(1);
      await change();
      source.answer('older');
      expect(await asked).toBe('older');
      expect(await cache.get('a')).toBe(after);
    }
  });

  it('set() stores a value for as long as get() would store a loaded one', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const { loading, cache } = await startNode(store.env());
    const row = { seconds: 10 };
    await loading.set('fixed', row, { ttlSeconds: 10, graceSeconds: 60 });
    await loading.set('computed', row, {
      ttlSeconds: ({ seconds }) => seconds,
      staleWhileRevalidateSeconds: 60,
    });
    row.seconds = 20;
    expect(await Promise.all(['fixed', 'computed'].map((key) => cache.get(key)))).toEqual([
      { seconds: 10 },
      { seconds: 10 },
    ]);
    vi.setSystemTime(Date.now() + 11_000);
    expect(await cache.get('fixed')).toBeUndefined();
    for (const key of ['fixed', 'computed']) {
      expect(await loading.get(key, failing, { graceSeconds: 60 })).toEqual({ seconds: 10 });
    }
  });

  it('set() removes the value of a key if the new one is not stored', async () => {
    const { loading, cache } = await startNode(store.env());
    for (const [value, options] of [
      [undefined, {}],
      ['value', { ttlSeconds: () => 0 }],
      [() => 1, {}],
    ] as const) {
      await loading.set('a', 'present');
      expect(await loading.set<unknown>('a', value, options)).toBe(false);
      expect(await cache.get('a')).toBeUndefined();
    }
  });

  it('reject keys and options that get() rejects', async () => {
    const { loading } = await startNode(store.env());
    const key = {} as unknown as string;
    await expect(loading.set(key, 1)).rejects.toMatchObject({ code: 'ERR_CACHE_KEY' });
    await expect(loading.delete('a', key)).rejects.toMatchObject({ code: 'ERR_CACHE_KEY' });
    await expect(loading.set('a', 1, { ttlSeconds: 0 })).rejects.toMatchObject({
      code: 'ERR_CACHE_LOAD_OPTIONS',
    });
  });
});

describe('out-of-range options', () => {
  it.each([
    { staleWhileRevalidateSeconds: -1 },
    { staleWhileRevalidateSeconds: Infinity },
    { softTimeoutMs: -1 },
    { softTimeoutMs: 2 ** 31 },
    { softTimeoutMs: NaN },
  ])('are rejected: %o', async (options) => {
    const { loading } = await startNode({});
    const load = vi.fn();
    await expect(loading.get('a', load, options)).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_OPTIONS' });
    await expect(loading.get('a', load, { ...options, force: true })).rejects.toMatchObject({
      code: 'ERR_CACHE_LOAD_OPTIONS',
    });
    expect(load).not.toHaveBeenCalled();
  });
});
