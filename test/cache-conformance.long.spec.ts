import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Readable, Writable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { of, Subject } from 'rxjs';
import { expect, it, vi } from 'vitest';
import { describeStores, REPLICATED_STORES, SHARED_STORES, STORES } from './support/cache-stores.js';
import { startNode, type CacheNode } from './support/cache-node.js';
import type { RecordingLogger } from './support/recording-logger.js';

const ANY_VALUE = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: false,
  maxDepth: 4,
});

// Includes keys that a server, a protocol or an encoding might misread.
const ANY_KEY = fc.oneof(
  fc.constantFrom(
    '',
    '"',
    '"a"',
    '"\\ud800"',
    '\ud800',
    '\udc00',
    '\udfff\ud800',
    'a b',
    ' a',
    'a\r\nb',
    '\0',
  ),
  fc.constantFrom('a:b', ':', '*', '?', '[a]', '!cleared', '!lock:a', 'lock:a', 'cleared', 'generation', '#'),
  fc.constantFrom('__proto__', 'constructor', 'ключ', 'clé', 'cle\u0301', '🪑', '1:a', '😀'.repeat(100)),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'grapheme' }),
  fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units)),
  fc.string({ minLength: 300, maxLength: 600 }),
);

const ENTRIES = fc
  .uniqueArray(fc.tuple(ANY_KEY, ANY_VALUE), { selector: ([key]) => key, minLength: 1, maxLength: 12 })
  // Undefined is not stored.
  .map((entries) => entries.map(([key, value]) => ({ key, value: value === undefined ? key : value })));

/** Without tracking, the log also has a warning about missing invalidations. */
const aboutValues = (logger: RecordingLogger) => logger.of('warn').filter((text) => / cached /.test(text));

describeStores('a cache', { ...STORES, ...REPLICATED_STORES }, (store) => {
  const start = () => startNode(store.env());

  it('returns a value until it is deleted or the cache is cleared', async () => {
    const [one, another] = await store.startPair();
    await one.cache.set('a', { x: [1] });
    await one.cache.set('b', 'b');
    expect([await one.cache.get('a'), await another.cache.get('a')]).toEqual([{ x: [1] }, { x: [1] }]);
    await one.cache.del('a');
    expect([await one.cache.get('a'), await one.cache.get('b')]).toEqual([undefined, 'b']);
    await one.cache.clear();
    expect([await one.cache.get('b'), await another.cache.get('b')]).toEqual([undefined, undefined]);
  });

  it('shows every process a value that is set after another process clears the cache', async () => {
    const [one, another] = await store.startPair();
    await one.cache.set('a', 1);
    await another.cache.clear();
    await one.cache.set('a', 2);
    expect(await another.cache.get('a')).toBe(2);
  });

  it('returns whether a deleted key existed', async () => {
    const [one, another] = await store.startPair();
    // The store below cache-manager, whose own del() always returns true.
    const storeOf = ({ cache }: CacheNode) => cache.stores[0]!;
    await one.cache.mset([
      { key: 'a', value: 1 },
      { key: 'b', value: 2 },
      { key: 'c', value: 3 },
    ]);
    expect(await storeOf(one).delete('a')).toBe(true);
    expect(await storeOf(one).delete('a')).toBe(false);
    expect(await storeOf(another).delete('a')).toBe(false);
    expect(await storeOf(another).delete('b')).toBe(true);
    expect(await storeOf(one).deleteMany(['absent', 'c'])).toBe(true);
    expect(await storeOf(one).deleteMany(['absent', 'c'])).toBe(false);
    await one.cache.set('cleared', 1);
    await one.cache.clear();
    expect(await storeOf(another).delete('cleared')).toBe(false);
  });

  it('gets, sets and deletes several keys at once', async () => {
    const [one, another] = await store.startPair();
    await one.cache.mset<unknown>([
      { key: 'a', value: 1 },
      { key: 'b', value: { x: [1] } },
      { key: 'c', value: null },
    ]);
    for (const { cache } of [one, another]) {
      expect(await cache.mget(['a', 'nothing', 'b', 'c'])).toEqual([1, undefined, { x: [1] }, null]);
    }
    await one.cache.mdel(['a', 'b']);
    expect(await one.cache.mget(['a', 'b', 'c'])).toEqual([undefined, undefined, null]);
  });

  it('removes a value after its own ttl in milliseconds, and never with a ttl of 0', async () => {
    const [one, another] = await store.startPair({ CACHE_TTL_SECONDS: '3' });
    const set = Date.now();
    await one.cache.set('short', 1, 1_000);
    await one.cache.set('default', 1);
    await one.cache.set('good', 1, 0);
    for (const { cache } of [one, another]) {
      expect(await cache.ttl('good')).toBeUndefined();
      // The two clocks have different resolutions.
      expect(await cache.ttl('short')).toBeGreaterThan(set + 998);
      expect(await cache.ttl('short')).toBeLessThan(set + 2_000);
    }
    await delay(set + 1_200 - Date.now());
    for (const { cache } of [one, another]) {
      expect(await cache.mget(['short', 'default', 'good'])).toEqual([undefined, 1, 1]);
    }
    await delay(set + 3_200 - Date.now());
    for (const { cache } of [one, another]) {
      expect(await cache.mget(['short', 'default', 'good'])).toEqual([undefined, undefined, 1]);
    }
  });

  it.each([-1, Number.NaN])(
    'stores nothing with a ttl of %d, and removes the existing value',
    async (ttl) => {
      const [one, another] = await store.startPair();
      await one.cache.set('a', 1);
      await one.cache.set('a', 2, ttl);
      expect([await one.cache.get('a'), await another.cache.get('a')]).toEqual([undefined, undefined]);
    },
  );

  it('serves wrap() from the cache, and loads once for concurrent callers', async () => {
    const [one, another] = await store.startPair();
    const load = vi.fn(async () => ({ id: 1 }));
    await Promise.all(Array.from({ length: 50 }, () => one.cache.wrap('product:1', load)));
    expect(await another.cache.wrap('product:1', load)).toEqual({ id: 1 });
    expect(load).toHaveBeenCalledTimes(1);
  });

  it('shares the values that one process loads with the others, null included', async () => {
    const [one, another] = await store.startPair();
    const load = vi.fn(() => ({ id: 1 }));
    const none = vi.fn(() => null);
    for (const { loading } of [one, another, one]) {
      expect(await loading.get('product:1', load)).toEqual({ id: 1 });
      expect(await loading.get('product:2', none)).toBeNull();
    }
    expect([load, none].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  });

  it('returns a value as it was set, unaffected by changes of the caller or of other readers', async () => {
    const [one, another] = await store.startPair();
    const own = { tags: ['a'], nested: { list: [1] } };
    const writing = one.cache.set('a', own);
    own.tags.push('b');
    await writing;
    expect(Object.isFrozen(own)).toBe(false);
    for (const { cache } of [one, another]) {
      const read = await cache.get<typeof own>('a');
      expect(() => read?.tags.push('c')).toThrow(TypeError);
      expect(() => read?.nested.list.push(2)).toThrow(TypeError);
      expect(await cache.get('a')).toEqual({ tags: ['a'], nested: { list: [1] } });
    }
  });

  it('gives each reader a separate copy of a value that cannot be frozen', async () => {
    const [one, another] = await store.startPair();
    const make = () => ({
      date: new Date(0),
      map: new Map([['a', { list: [1] }]]),
      set: new Set([1]),
      bytes: Buffer.from('abc'),
      floats: Float32Array.of(1.5),
      absent: undefined,
      big: 2n ** 70n,
      none: null,
    });
    await one.cache.set('a', make());
    for (const { cache } of [one, another]) {
      const [read] = await Promise.all([cache.get<ReturnType<typeof make>>('a'), cache.get('a')]);
      expect(read).toStrictEqual(make());
      read?.date.setFullYear(1999);
      read?.map.clear();
      read?.set.add(2);
      read?.bytes.fill(0);
      read?.floats.fill(0);
      expect(await cache.get('a')).toStrictEqual(make());
    }
  });

  it.each([
    ['minus zero', { value: -0 }],
    ['NaN', [Number.NaN]],
    ['Infinity', { values: [Infinity, -Infinity] }],
    ['a property without a value', { a: 1, absent: undefined }],
    ['an item without a value', [1, undefined]],
    ['half of a surrogate pair', { '\ud800': '\udfff' }],
    ['a property named toJSON', { toJSON: 1 }],
  ])('keeps %s as it is', async (_name, value) => {
    const [one, another] = await store.startPair();
    await one.cache.set('value', value);
    expect(await another.cache.get('value')).toStrictEqual(value);
  });

  it('stores a property named __proto__ as an ordinary property', async () => {
    for (const { cache } of await store.startPair()) {
      await cache.set('value', JSON.parse('{"__proto__":{"polluted":true},"a":1}'));
      const read = await cache.get<object>('value');
      expect(Object.keys(read ?? {})).toEqual(['__proto__', 'a']);
      expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
    }
  });

  it('turns class instances into the plain data that JSON would produce', async () => {
    class Money {
      constructor(readonly cents: number) {}
      toJSON() {
        return { amount: this.cents / 100 };
      }
    }
    class Product {
      private readonly hidden = Symbol('no data');
      readonly price = new Money(1999);
      readonly url = new URL('https://example.org/a');
      name = 'Chair';
      describe = () => this.hidden;
    }
    const [one, another] = await store.startPair();
    await one.cache.set('a', new Product());
    for (const { cache } of [one, another]) {
      expect(await cache.get('a')).toStrictEqual({
        price: { amount: 19.99 },
        url: 'https://example.org/a',
        name: 'Chair',
      });
    }
  });

  it('stores entities whose methods have the names of stream methods', async () => {
    class Song {
      readonly title = 'Fugue';
      next() {}
      pipe() {}
      subscribe() {}
      on() {}
    }
    const [one, another] = await store.startPair();
    await one.cache.set('song', new Song());
    await one.cache.set('songs', { list: [new Song()] });
    for (const { cache } of [one, another]) {
      expect(await cache.get('song')).toStrictEqual({ title: 'Fugue' });
      expect(await cache.get('songs')).toStrictEqual({ list: [{ title: 'Fugue' }] });
    }
  });

  it('executes concurrent calls in the order in which they were made', async () => {
    const [one, another] = await store.startPair();
    await one.cache.set('warm', 1);
    for (let round = 0; round < 20; round++) {
      const [removed, set] = [`removed:${round}`, `set:${round}`];
      await Promise.all([one.cache.set(removed, round), one.cache.del(removed)]);
      await Promise.all([one.cache.del(set), one.cache.set(set, round)]);
      expect(await another.cache.mget([removed, set])).toEqual([undefined, round]);
      expect(await one.cache.mget([removed, set])).toEqual([undefined, round]);
    }
  });

  it('warns once per class that its instances are stored as plain data', async () => {
    class User {
      readonly name = 'x';
    }
    const { cache, logger } = await start();
    await cache.set('user:1', new User());
    await cache.set('user:2', [new User()]);
    expect(aboutValues(logger)).toEqual([
      expect.stringContaining('An instance of User was cached as plain data'),
    ]);
  });

  it.each<[string, () => unknown]>([
    ['a function', () => () => 1],
    ['a symbol', () => Symbol('s')],
    ['a promise', () => ({ later: Promise.resolve(1) })],
    [
      'a thenable',
      () => ({
        rows: new (class LazyQuery {
          then() {}
        })(),
      }),
    ],
    ['an async generator', () => (async function* () {})()],
    ['a generator', () => ({ rows: (function* () {})() })],
    ['an iterator', () => [new Map([[1, 2]]).values()]],
    ['a stream', () => Readable.from(['a'])],
    ['a writable stream', () => new Writable()],
    ['a web stream', () => new Blob(['a']).stream()],
    ['a writable web stream', () => new WritableStream()],
    ['an observable', () => of(1)],
    ['a subject', () => new Subject()],
    ['an error', () => new Error('x')],
    [
      'a circular object',
      () => {
        const circular: Record<string, unknown> = {};
        return Object.assign(circular, { circular });
      },
    ],
    [
      'an object whose toJSON() throws',
      () =>
        new (class {
          toJSON() {
            throw new Error('no');
          }
        })(),
    ],
    [
      'an object that expands exponentially',
      () => {
        let shared: unknown = 'leaf';
        for (let depth = 0; depth < 60; depth++) shared = [shared, shared];
        return shared;
      },
    ],
  ])(
    'rejects and counts %s, removes the existing value, and warns once per prefix without the key',
    async (_what, make) => {
      const [{ cache, metrics }, another] = await store.startPair();
      // Nest has one logger: that of the application that was created last.
      const { logger } = another;
      await cache.set('session:canary-1', 'replaced');
      await cache.set('session:canary-1', make());
      await cache.set('session:canary-2', make());
      expect(await cache.get('session:canary-1')).toBeUndefined();
      expect(await another.cache.get('session:canary-1')).toBeUndefined();
      expect(metrics.snapshot()).toMatchObject({ entries: 0, rejections: 2 });
      expect(aboutValues(logger)).toHaveLength(1);
      expect(aboutValues(logger)[0]).not.toContain('canary');
    },
  );

  it('returns any plain data unchanged, under any key, to processes of its namespace only', async () => {
    const [one, another] = await store.startPair();
    const stranger = await start();
    await fc.assert(
      fc.asyncProperty(ENTRIES, async (entries) => {
        // Both clear the cache: the other process may not receive the invalidation.
        await one.cache.clear();
        await another.cache.clear();
        await stranger.cache.clear();
        const keys = entries.map(({ key }) => key);
        const values = entries.map(({ value }) => value);
        await one.cache.mset(entries);
        expect(await stranger.cache.mget(keys)).toEqual(keys.map(() => undefined));
        await stranger.cache.mset(keys.map((key) => ({ key, value: 'of a stranger' })));
        expect(await one.cache.mget(keys)).toStrictEqual(values);
        expect(await another.cache.mget(keys)).toStrictEqual(values);
        await stranger.cache.mdel(keys);
        expect(await another.cache.mget(keys)).toStrictEqual(values);
      }),
      { numRuns: 150 },
    );
  });

  it('does not clear other namespaces', async () => {
    const env = store.env();
    const named = async (name: string) => startNode(store.isShared ? { ...env, CACHE_NAMESPACE: name } : env);
    const name = `t${randomUUID()}`;
    const [own, longer, shorter] = [
      await named(name),
      await named(`${name}-1`),
      await named(name.slice(0, -1)),
    ];
    for (const { cache } of [own, longer, shorter]) await cache.set('a', 1);
    await own.cache.clear();
    expect([await own.cache.get('a'), await longer.cache.get('a'), await shorter.cache.get('a')]).toEqual([
      undefined,
      1,
      1,
    ]);
  });
});

/** Sends a raw command to a server, or to the one that it names, and returns the reply. */
async function tell(url: string, text: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(text);
  const [reply] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  const [, other] = /^-MOVED \d+ (.*?)\r\n/.exec(reply.toString()) ?? [];
  return other === undefined ? reply.toString() : tell(`redis://${other}`, text);
}

describeStores('a shared cache', { ...SHARED_STORES, ...REPLICATED_STORES }, (store) => {
  it('does not touch foreign keys on the server, whatever their names', async () => {
    const env = store.env();
    const { cache } = await startNode(env);
    await cache.set('a', 1);
    const { CACHE_NAMESPACE: name } = env;
    const isRedis = store.url().startsWith('redis');
    const foreign = [`${name}`, `${name}:`, `${name}:2:a`, `${name}.1:1:a`, `x${name}:1:a`, `x:${name}:1:a`];
    for (const key of foreign) {
      await tell(store.serverUrl(), isRedis ? `SET ${key} theirs\r\n` : `set ${key} 0 0 6\r\ntheirs\r\n`);
    }
    await cache.clear();
    await cache.mdel(['a', '', ':']);
    for (const key of foreign) {
      expect(await tell(store.serverUrl(), isRedis ? `GET ${key}\r\n` : `get ${key}\r\n`)).toContain(
        'theirs',
      );
    }
  });
});
