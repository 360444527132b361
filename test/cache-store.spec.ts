import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { describeStores, STORES } from './support/cache-stores.js';

describeStores('cache.stores[0]', STORES, (place) => {
  const start = async () => {
    const { cache, metrics } = (await place.startPair())[0];
    return { cache, metrics, store: cache.stores[0]! };
  };

  it('returns a promise from each Keyv method that reads or writes', async () => {
    const { store } = await start();
    const calls = {
      set: () => store.set('a', { x: 1 }),
      setMany: () => store.setMany([{ key: 'b', value: 2, ttl: 60_000 }]),
      get: () => store.get('a'),
      getMany: () => store.getMany(['a', 'b', 'absent']),
      getAll: () => store.get(['a', 'b', 'absent']),
      has: () => store.has('a'),
      hasMany: () => store.hasMany(['a', 'absent']),
      hasAll: () => store.has(['a', 'absent']),
      delete: () => store.delete('a'),
      deleteMany: () => store.deleteMany(['b']),
      deleteAll: () => store.delete(['b']),
      clear: () => store.clear(),
      disconnect: () => store.disconnect(),
    };
    const answers: Record<string, unknown> = {};
    for (const [name, call] of Object.entries(calls)) {
      const answer: unknown = call();
      expect([name, answer instanceof Promise]).toEqual([name, true]);
      answers[name] = await answer;
    }
    expect(answers).toMatchObject({
      set: true,
      setMany: [true],
      get: { x: 1 },
      getMany: [{ x: 1 }, 2, undefined],
      getAll: [{ x: 1 }, 2, undefined],
      has: true,
      hasMany: [true, false],
      hasAll: [true, false],
      delete: true,
      deleteMany: true,
    });
    expect(await store.getMany(['a', 'b'])).toEqual([undefined, undefined]);
  });

  it('returns the expiry of an entry', async () => {
    const { store } = await start();
    const before = Date.now();
    await store.set('a', 1, 60_000);
    await store.set('endless', 2, 0);
    for (const raw of [await store.getRaw('a'), await store.get('a', { raw: true })]) {
      expect(raw).toEqual({ value: 1, expires: expect.any(Number) });
      expect(raw!.expires).toBeGreaterThanOrEqual(before + 59_000);
      expect(raw!.expires).toBeLessThanOrEqual(Date.now() + 60_000);
    }
    expect(await store.getManyRaw(['endless', 'absent'])).toEqual([{ value: 2 }, undefined]);
    expect(await store.getMany(['endless'], { raw: true })).toEqual([{ value: 2 }]);
  });

  it('accepts listeners like a Keyv, and never emits an event', async () => {
    const { store } = await start();
    const heard: unknown[] = [];
    const listener = (event: unknown) => heard.push(event);
    expect(store.on('error', listener)).toBe(store);
    store.once('error', listener);
    await store.set('a', 1);
    await store.clear();
    store.off('error', listener);
    store.removeAllListeners();
    expect(heard).toEqual([]);
  });

  it('lists the entries of this process, the next to be evicted last, without counting hits or misses', async () => {
    const { cache, metrics, store } = await start();
    await cache.set('a', { x: 1 });
    await cache.set('b', new Date(0));
    await cache.set('gone', 1, 1);
    await delay(20);
    const counted = metrics.snapshot();
    const listed: unknown[] = [];
    for await (const entry of store.iterator!('')) listed.push(entry);
    expect(listed).toEqual([
      ['b', new Date(0)],
      ['a', { x: 1 }],
    ]);
    expect(metrics.snapshot()).toMatchObject({ hits: counted.hits, misses: counted.misses });
  });
});
