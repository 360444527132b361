import type { Cache } from '@nestjs/cache-manager';
import fc from 'fast-check';
import { AsyncResource } from 'node:async_hooks';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { LoadingCacheError } from 'nestjs-production-config';
import { describeStores, STORES } from './support/cache-stores.js';
import { startNode } from './support/cache-node.js';
import { Source } from './support/load-source.js';

/** Retries for long enough to tolerate a slow machine. */
const eventually = <T>(holds: () => T | Promise<T>): Promise<T> => vi.waitFor(holds, { timeout: 20_000 });

const failing = () => Promise.reject(new Error('the source is down'));
const never = () => new Promise<string>(() => undefined);

afterEach(() => vi.useRealTimers());

describeStores('LoadingCache', STORES, (store) => {
  const startCache = (env: Record<string, string> = {}) => startNode({ ...store.env(), ...env });

  describe('get()', () => {
    it('loads a missing value once for concurrent callers', async () => {
      const { loading, metrics } = await startCache();
      const source = new Source();
      const asked = Array.from({ length: 1000 }, () => loading.get('product:1', source.load));
      await source.asked(1);
      source.answer({ id: 1 });
      expect(new Set((await Promise.all(asked)).map((value) => JSON.stringify(value)))).toEqual(
        new Set(['{"id":1}']),
      );
      expect(await loading.get('product:1', source.load)).toEqual({ id: 1 });
      expect(source.calls).toBe(1);
      expect(metrics.snapshot()).toMatchObject({ loads: 1, loadFailures: 0, hits: 1, misses: 1000 });
    });

    it('returns frozen copies, and a separate copy to each reader if a value cannot be frozen', async () => {
      const { loading } = await startCache();
      const loaded = { tags: ['a'] };
      const [first] = await Promise.all([loading.get('a', () => loaded), loading.get('a', () => loaded)]);
      loaded.tags.push('b');
      expect(first).toEqual({ tags: ['a'] });
      expect(Object.isFrozen(first)).toBe(true);
      const [one, another] = await Promise.all([
        loading.get('date', () => new Date(0)),
        loading.get('date', () => new Date(0)),
      ]);
      one.setFullYear(1900);
      expect([another, await loading.get('date', () => new Date())]).toEqual([new Date(0), new Date(0)]);
    });

    it('stores null like any value, but not undefined', async () => {
      const { loading } = await startCache();
      const absent = vi.fn(() => null);
      const unknown = vi.fn(() => undefined);
      for (let round = 0; round < 3; round++) {
        expect(await loading.get('absent', absent)).toBeNull();
        expect(await loading.get('unknown', unknown)).toBeUndefined();
      }
      expect([absent.mock.calls.length, unknown.mock.calls.length]).toEqual([1, 3]);
    });

    it('returns a value that cannot be stored, and passes on the error of a load', async () => {
      const { loading } = await startCache();
      const live = new Map([['f', () => 1]]);
      expect(await loading.get('live', () => live)).toBe(live);
      await expect(loading.get('down', failing)).rejects.toThrow('the source is down');
      const throwing = () => {
        throw new RangeError('at once');
      };
      await expect(loading.get('throws', throwing)).rejects.toThrow(RangeError);
      expect(await loading.get('down', () => 'up again')).toBe('up again');
    });

    it('shortens each ttl by up to 10 %, so that entries do not all expire together', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading } = await startCache();
      const keys = Array.from({ length: 200 }, (_, id) => `product:${id}`);
      const load = vi.fn((key: string) => key);
      const readAll = () =>
        Promise.all(keys.map((key) => loading.get(key, () => load(key), { ttlSeconds: 100 })));
      const loadsAfter = async (seconds: number) => {
        vi.setSystemTime(Date.now() + seconds * 1000);
        const before = load.mock.calls.length;
        await readAll();
        return load.mock.calls.length - before;
      };
      await readAll();
      expect(await loadsAfter(89)).toBe(0);
      const inTheMiddle = await loadsAfter(6);
      expect(inTheMiddle).toBeGreaterThan(40);
      expect(inTheMiddle).toBeLessThan(160);
    });

    it('uses CACHE_TTL_SECONDS as the default ttl', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading } = await startCache({ CACHE_TTL_SECONDS: '10' });
      const load = vi.fn(() => 1);
      await loading.get('a', load);
      vi.setSystemTime(Date.now() + 8_900);
      await loading.get('a', load);
      expect(load).toHaveBeenCalledTimes(1);
      vi.setSystemTime(Date.now() + 1_200);
      await loading.get('a', load);
      expect(load).toHaveBeenCalledTimes(2);
    });
  });

  describe('graceSeconds', () => {
    const options = { ttlSeconds: 10, graceSeconds: 60 };

    it('serves the stale value if the load fails, until the grace period ends', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, metrics } = await startCache();
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 11_000);
      expect(await loading.get('a', failing, options)).toBe('old');
      expect(metrics.snapshot()).toMatchObject({ staleServed: 1, loadFailures: 1 });
      vi.setSystemTime(Date.now() + 1_000);
      expect(await loading.get('a', () => 'new', options)).toBe('new');
      vi.setSystemTime(Date.now() + 71_000);
      await expect(loading.get('a', failing, options)).rejects.toThrow('the source is down');
    });

    it('hides the stale value from the methods of Cache', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, cache } = await startCache();
      await loading.get('a', () => 'old', options);
      expect(await cache.get('a')).toBe('old');
      vi.setSystemTime(Date.now() + 11_000);
      expect([await cache.get('a'), await cache.ttl('a')]).toEqual([undefined, undefined]);
      expect(await cache.wrap('a', () => 'new')).toBe('new');
    });

    it('serves the stale value if the load times out', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading } = await startCache();
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 11_000);
      expect(await loading.get('a', never, { ...options, timeoutMs: 10 })).toBe('old');
    });

    it('serves the stale value within about a second even with a long timeoutMs, and starts no second load', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, metrics } = await startCache();
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 11_000);
      const source = new Source();
      const patient = { ...options, timeoutMs: 2 ** 31 - 1 };
      const waiting = Array.from({ length: 50 }, () => loading.get('a', source.load, patient));
      await source.asked(1);
      expect(new Set(await Promise.all(waiting))).toEqual(new Set(['old']));
      // The load counts as late by now.
      vi.setSystemTime(Date.now() + 1_000);
      for (let call = 0; call < 50; call++) {
        expect(await loading.get('a', source.load, patient)).toBe('old');
      }
      expect(source.calls).toBe(1);
      expect(metrics.snapshot()).toMatchObject({ staleServed: 100 });
      source.answer('new');
      await eventually(async () => expect(await loading.get('a', source.load, patient)).toBe('new'));
    });

    it('backs off from a failing source to one load per 30 s while it serves the stale value', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading } = await startCache();
      const source = vi.fn(failing);
      const long = { ttlSeconds: 10, graceSeconds: 3600 };
      await loading.get('a', () => 'old', long);
      vi.setSystemTime(Date.now() + 10_500);
      const loadsAt: number[] = [];
      const started = Date.now();
      for (let ms = 0; ms < 300_000; ms += 250) {
        vi.setSystemTime(started + ms);
        const before = source.mock.calls.length;
        expect(await loading.get('a', source, long)).toBe('old');
        if (source.mock.calls.length > before) loadsAt.push(ms);
      }
      const pauses = loadsAt.slice(1).map((ms, index) => ms - loadsAt[index]!);
      const longest = pauses.map((_, index) => Math.min(30_000, 1_000 * 2 ** index));
      for (const [index, pause] of pauses.entries()) {
        expect(pause).toBeLessThanOrEqual(longest[index]! + 250);
        expect(pause).toBeGreaterThanOrEqual(0.75 * longest[index]!);
      }
      expect(pauses.length).toBeGreaterThan(10);
      expect(pauses.length).toBeLessThan(25);
      vi.setSystemTime(Date.now() + 30_000);
      expect(await loading.get('a', () => 'new', long)).toBe('new');
    });

    it('does not back off for a key that was changed since, or that has no stale value', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, cache } = await startCache();
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 11_000);
      expect(await loading.get('a', failing, options)).toBe('old');
      await cache.del('a');
      expect(await loading.get('a', () => 'new', options)).toBe('new');
      const cold = vi.fn(failing);
      for (let call = 0; call < 5; call++) {
        await expect(loading.get('cold', cold, options)).rejects.toThrow('the source is down');
      }
      expect(cold).toHaveBeenCalledTimes(5);
    });
  });

  describe('timeoutMs', () => {
    it('rejects with a coded error if a load never settles, and starts a new load after a minute', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading } = await startCache();
      const hung = vi.fn(never);
      const ask = () => loading.get('secret-key:ada', hung, { timeoutMs: 10 }).catch((error) => error);
      for (const error of [...(await Promise.all([ask(), ask(), ask()])), await ask()]) {
        expect(error).toBeInstanceOf(LoadingCacheError);
        expect(error).toMatchObject({
          code: 'ERR_CACHE_LOAD_TIMEOUT',
          message: 'a load took longer than 10 ms',
        });
      }
      expect(hung.mock.calls.length).toBeLessThanOrEqual(1);
      vi.setSystemTime(Date.now() + 60_000);
      expect(await loading.get('secret-key:ada', () => 'there')).toBe('there');
    });

    it('lets callers share one load for its whole timeoutMs if that exceeds a minute', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading } = await startCache();
      const source = new Source();
      const patient = { timeoutMs: 600_000 };
      const asked = [loading.get('a', source.load, patient)];
      await source.asked(1);
      vi.setSystemTime(Date.now() + 599_000);
      asked.push(loading.get('a', source.load, patient));
      vi.setSystemTime(Date.now() + 2_000);
      asked.push(loading.get('a', source.load, patient));
      await source.asked(2);
      source.answer('first');
      expect(await Promise.all(asked.slice(0, 2))).toEqual(['first', 'first']);
      source.answer('second');
      expect(await asked[2]).toBe('second');
    });

    it('runs one load even if several callers time out, and stores its value', async () => {
      const { loading, cache, metrics } = await startCache();
      const source = new Source();
      const ask = () => loading.get('a', source.load, { timeoutMs: 50 });
      const first = ask();
      first.catch(() => undefined);
      await source.asked(1);
      for (let call = 0; call < 10; call++) await expect(ask()).rejects.toThrow(LoadingCacheError);
      await expect(first).rejects.toThrow(LoadingCacheError);
      source.answer('late');
      await eventually(async () => expect(await cache.get('a')).toBe('late'));
      expect(await ask()).toBe('late');
      expect(source.calls).toBe(1);
      expect(metrics.snapshot()).toMatchObject({ loads: 1, loadFailures: 1 });
    });

    it.each<[string, (cache: Cache) => Promise<unknown>, unknown]>([
      ['del()', (cache) => cache.del('a'), undefined],
      ['set()', (cache) => cache.set('a', 'newer'), 'newer'],
      ['clear()', (cache) => cache.clear(), undefined],
    ])(
      'does not store the result of a timed-out load that was followed by %s',
      async (_what, change, after) => {
        const { loading, cache } = await startCache();
        const source = new Source();
        const asked = loading.get('a', source.load, { timeoutMs: 50 });
        await expect(asked).rejects.toThrow(LoadingCacheError);
        await source.asked(1);
        await change(cache);
        source.answer('late');
        await new Promise((resolve) => setTimeout(resolve, 20));
        expect(await cache.get('a')).toBe(after);
      },
    );
  });

  describe('a load', () => {
    it('is rejected if it requests its own key, immediately, later or through another load', async () => {
      const { loading } = await startCache();
      const cycle = { code: 'ERR_CACHE_LOAD_CYCLE' };
      const own = (): Promise<unknown> => loading.get('a', own);
      const later = async (): Promise<unknown> => {
        await new Promise(setImmediate);
        return loading.get('b', later);
      };
      const first = (): Promise<unknown> => loading.get('second', second);
      const second = (): Promise<unknown> => loading.get('first', first);
      await expect(loading.get('a', own)).rejects.toMatchObject(cycle);
      await expect(loading.get('b', later)).rejects.toMatchObject(cycle);
      await expect(loading.get('first', first)).rejects.toMatchObject(cycle);
    });

    it('is rejected if it requests its own key through an application with a load of the same key', async () => {
      const [{ loading }, other] = [await startCache(), await startCache()];
      const first = (): Promise<unknown> => loading.get('a', () => other.loading.get('a', first));
      await expect(first()).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_CYCLE' });
    });

    it('has the same key for a number and its text, and rejects other key types', async () => {
      const { loading, cache } = await startCache();
      const load = vi.fn(() => 'seven');
      for (const key of [7, '7', 7]) expect(await loading.get(key as string, load)).toBe('seven');
      expect(load).toHaveBeenCalledTimes(1);
      expect(await cache.get('7')).toBe('seven');
      for (const key of [undefined, null, {}, ['a'], true, Symbol('s')] as unknown as string[]) {
        await expect(loading.get(key, load)).rejects.toMatchObject({ code: 'ERR_CACHE_KEY' });
      }
    });

    it('may request other keys, and its own key after it has ended', async () => {
      const { loading, cache } = await startCache();
      const source = new Source();
      const later = source.load();
      let again: Promise<unknown> | undefined;
      const load = async () => {
        void later.then(() => (again = loading.get('a', () => 'again')));
        return `${await loading.get('b', () => 'b')}a`;
      };
      expect(await loading.get('a', load)).toBe('ba');
      await cache.del('a');
      source.answer('now');
      await eventually(async () => expect(await again).toBe('again'));
    });

    it('returns a value that was set meanwhile if it fails', async () => {
      const { loading, cache } = await startCache();
      const source = new Source();
      const asked = loading.get('a', source.load);
      await source.asked(1);
      await cache.set('a', 'there');
      source.fail();
      expect(await asked).toBe('there');
    });

    it('is awaited by each caller for the timeoutMs of that caller', async () => {
      const { loading } = await startCache();
      const source = new Source();
      const patient = loading.get('a', source.load);
      await expect(loading.get('a', source.load, { timeoutMs: 5 })).rejects.toMatchObject({
        code: 'ERR_CACHE_LOAD_TIMEOUT',
      });
      await source.asked(1);
      source.answer('at last');
      expect(await patient).toBe('at last');
    });

    it('gives each reader a separate copy of the stale value if it fails', async () => {
      const { loading, cache, metrics } = await startCache();
      const options = { ttlSeconds: 0.001, graceSeconds: 60 };
      await loading.get('a', () => new Date(0), options);
      await eventually(async () => expect(await cache.get('a')).toBeUndefined());
      const failed = () => loading.get('a', failing, options);
      const [one, another] = await Promise.all([failed(), failed()]);
      (one as Date).setFullYear(1900);
      expect([another, metrics.snapshot().staleServed]).toEqual([new Date(0), 2]);
    });
  });

  describe('refreshAheadSeconds', () => {
    const options = { ttlSeconds: 100, refreshAheadSeconds: 30 };

    it('reloads once in the background shortly before expiry, while all callers get the current value', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, cache } = await startCache();
      const source = new Source();
      await loading.get('a', () => 'old', options);
      expect(await loading.get('a', source.load, options)).toBe('old');
      expect(source.calls).toBe(0);
      vi.setSystemTime(Date.now() + 75_000);
      // Without invalidations, this process first checks the shared cache again.
      await cache.get('a');
      const asked = await Promise.all(
        Array.from({ length: 50 }, () => loading.get('a', source.load, options)),
      );
      await source.asked(1);
      expect(new Set(asked)).toEqual(new Set(['old']));
      source.answer('new');
      await eventually(async () => expect(await loading.get('a', source.load, options)).toBe('new'));
    });

    it('does not report the failure of a background load to callers', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, cache, metrics } = await startCache();
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 75_000);
      // Without invalidations, this process first checks the shared cache again.
      await cache.get('a');
      expect(await loading.get('a', failing, options)).toBe('old');
      await eventually(() => expect(metrics.snapshot().loadFailures).toBe(1));
      vi.setSystemTime(Date.now() + 1_000);
      expect(await loading.get('a', () => 'new', options)).toBe('old');
      await eventually(async () => expect(await loading.get('a', () => 'newer', options)).toBe('new'));
    });

    it('backs off from a failing source, with one load at a time', async () => {
      vi.useFakeTimers({ toFake: ['Date'] });
      const { loading, cache, metrics } = await startCache();
      const source = new Source();
      await loading.get('a', () => 'old', options);
      vi.setSystemTime(Date.now() + 75_000);
      // Without invalidations, this process first checks the shared cache again.
      await cache.get('a');
      const hit = async () => expect(await loading.get('a', source.load, options)).toBe('old');
      for (let loads = 1; loads <= 3; loads++) {
        for (let call = 0; call < 100; call++) await hit();
        await source.asked(loads);
        source.fail();
        await eventually(() => expect(metrics.snapshot().loadFailures).toBe(loads));
        for (let call = 0; call < 100; call++) await hit();
        expect(source.calls).toBe(loads);
        vi.setSystemTime(Date.now() + 1_000 * 2 ** (loads - 1));
      }
    });

    it('rejects out-of-range options even on a hit', async () => {
      const { loading } = await startCache();
      await loading.get('a', () => 1, { ttlSeconds: 10 });
      await expect(
        loading.get('a', () => 1, { ttlSeconds: 10, refreshAheadSeconds: 10 }),
      ).rejects.toMatchObject({ code: 'ERR_CACHE_LOAD_OPTIONS' });
    });
  });

  describe('a change during a load', () => {
    it.each<[string, (cache: Cache) => Promise<unknown>, unknown]>([
      ['del()', (cache) => cache.del('a'), undefined],
      ['set()', (cache) => cache.set('a', 'newer'), 'newer'],
      ['clear()', (cache) => cache.clear(), undefined],
    ])('%s is not undone by the result of the load', async (_what, change, after) => {
      const { loading, cache } = await startCache();
      const source = new Source();
      const asked = loading.get('a', source.load);
      await source.asked(1);
      await change(cache);
      source.answer('older');
      expect(await asked).toBe('older');
      expect(await cache.get('a')).toBe(after);
    });

    it('makes the next caller start a new load', async () => {
      const { loading, cache } = await startCache();
      const source = new Source();
      const before = loading.get('a', source.load);
      await source.asked(1);
      await cache.del('a');
      const after = loading.get('a', source.load);
      await source.asked(2);
      source.answer('older');
      source.answer('newer');
      expect(await Promise.all([before, after])).toEqual(['older', 'newer']);
      expect(await cache.get('a')).toBe('newer');
    });
  });
});

describe('out-of-range options', () => {
  it.each([
    { ttlSeconds: 0 },
    { ttlSeconds: Number.NaN },
    { ttlSeconds: '60' as unknown as number },
    { graceSeconds: -1 },
    { graceSeconds: Infinity },
    { ttlSeconds: 10, refreshAheadSeconds: 10 },
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
  ])('are rejected: %o', async (options) => {
    const { loading } = await startNode({});
    const load = vi.fn();
    const error = await loading.get('a', load, options).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: 'LoadingCacheError', code: 'ERR_CACHE_LOAD_OPTIONS' });
    expect(load).not.toHaveBeenCalled();
  });
});

it('LoadingCache returns no value older than the last change before the read, in any order of events', async () => {
  const step = fc.constantFrom('get', 'delete', 'set', 'clear', 'answer', 'fail');
  const { loading, cache } = await startNode({});
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      await cache.clear();
      const source = new Source();
      let [version, open] = [0, 0];
      const reads: Promise<void>[] = [];
      for (const what of steps) {
        if (what === 'get') {
          const since = version;
          const calls = source.calls;
          const read = loading.get('a', source.load).then(
            (value) => expect(value).toBeGreaterThanOrEqual(since),
            (error: Error) => expect(error.message).toBe('the source is down'),
          );
          open += source.calls - calls;
          reads.push(read);
        } else if (what === 'delete' || what === 'set' || what === 'clear') {
          version++;
          if (what === 'set') await cache.set('a', version);
          else if (what === 'delete') await cache.del('a');
          else await cache.clear();
        } else if (open > 0) {
          open--;
          // Loads settle in order, each with the version that is current at that time.
          if (what === 'answer') source.answer(version);
          else source.fail();
          await new Promise(setImmediate);
        }
      }
      for (; open > 0; open--) source.answer(version);
      await Promise.all(reads);
    }),
    { numRuns: 500 },
  );
});

it('costs an asynchronous operation of the process no more with several applications than with one', async () => {
  const loadInNewApplication = async () => (await startNode({})).loading.get('a', () => 1);
  // Before Node 24, each operation holds a property for each AsyncLocalStorage in use.
  const storages = () => Object.getOwnPropertySymbols(new AsyncResource('probe')).length;
  await loadInNewApplication();
  const before = storages();
  for (let n = 0; n < 3; n++) await loadInNewApplication();
  expect(storages()).toBe(before);
});
