import { expect, it } from 'vitest';
import { settled } from './cache-node.js';
import type { StoreUnderTest } from './cache-stores.js';
import { until } from './stalls.js';

/** A promise, and a function that resolves it. */
function gate() {
  let open!: () => void;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

/** The promises of tags that each store keeps. */
export function tagSuite({ isShared, startPair }: StoreUnderTest): void {
  it('invalidate the values that have one of them, in every process', async () => {
    const [one, other] = await startPair();
    let version = 1;
    const read = ({ loading }: typeof one, key: string, ...tags: string[]) =>
      loading.get(key, async () => version, { tags });
    for (const node of [one, other]) {
      expect(await read(node, 'a', 'x', 'y')).toBe(1);
      expect(await read(node, 'b', 'y')).toBe(1);
      expect(await read(node, 'c', 'z')).toBe(1);
    }
    version = 2;
    await one.loading.invalidateTags('x', 'unknown');
    expect(await read(one, 'a', 'x', 'y')).toBe(2);
    // Without invalidations from the server, another process sees it within 5 s.
    await until(async () => (await read(other, 'a', 'x', 'y')) === 2);
    expect(await read(one, 'b', 'y')).toBe(1);
    expect(await read(one, 'c', 'z')).toBe(1);
    await other.loading.invalidateTags('y');
    expect(await read(other, 'b', 'y')).toBe(2);
    await until(async () => (await read(one, 'b', 'y')) === 2);
    expect(await read(other, 'c', 'z')).toBe(1);
  });

  it('share one load and one value between processes until they are invalidated', async () => {
    const [one, other] = await startPair();
    let loads = 0;
    const read = ({ loading }: typeof one) => loading.get('key', async () => ++loads, { tags: ['a', 'b'] });
    expect([await read(one), await read(other), await read(one)]).toEqual([1, 1, 1]);
    await one.loading.invalidateTags('b');
    expect([await read(one), await read(one)]).toEqual([2, 2]);
    expect(loads).toBe(2);
  });

  it('keep a value that is being loaded from later callers', async () => {
    const [one, other] = await startPair();
    const [started, finish] = [gate(), gate()];
    const early = one.loading.get(
      'key',
      async () => {
        started.open();
        await finish.opened;
        return 'old';
      },
      { tags: ['t'] },
    );
    await started.opened;
    await other.loading.invalidateTags('t');
    await settled(one, other);
    const later = one.loading.get('key', async () => 'new', { tags: ['t'] });
    finish.open();
    expect(await early).toBe('old');
    // Without invalidations, a process joins its own load, and its entry ends within 5 s.
    await until(async () => (await one.loading.get('key', async () => 'new', { tags: ['t'] })) === 'new');
    if (!isShared) expect(await later).toBe('new');
  });

  it('may be added while the value is loaded, before the source is read', async () => {
    const [one, other] = await startPair();
    let customer = 'ann';
    const read = ({ loading }: typeof one) =>
      loading.get(
        'order',
        async ({ tag }) => {
          await tag('customer:1', 'customers');
          return customer;
        },
        { tags: ['order'] },
      );
    expect([await read(one), await read(other)]).toEqual(['ann', 'ann']);
    customer = 'bob';
    await other.loading.invalidateTags('customers');
    expect(await read(other)).toBe('bob');
    await until(async () => (await read(one)) === 'bob');
  });

  it('never let a stale value of an invalidated tag replace a failed load', async () => {
    const [one] = await startPair();
    await one.loading.get('key', async () => 'old', { tags: ['t'], graceSeconds: 60 });
    await one.loading.invalidateTags('t');
    const failed = one.loading.get(
      'key',
      async () => {
        throw new Error('source');
      },
      { tags: ['t'], graceSeconds: 60 },
    );
    await expect(failed).rejects.toThrow('source');
  });

  it('invalidate values that were set with them, and a later change of the key wins', async () => {
    const [one, other] = await startPair();
    const read = ({ loading }: typeof one, key: string) => loading.get(key, async () => 'loaded');
    expect(await one.loading.set('key', 'set', { tags: ['t'] })).toBe(true);
    expect([await read(one, 'key'), await read(other, 'key')]).toEqual(['set', 'set']);
    await one.loading.invalidateTags('t');
    expect(await read(one, 'key')).toBe('loaded');
    const first = one.loading.set('race', 'first', { tags: ['unread'] });
    const second = one.loading.set('race', 'second');
    await Promise.all([first, second]);
    expect(await read(one, 'race')).toBe('second');
    expect(await read(other, 'race')).toBe('second');
  });

  it('are not listed among the entries', async () => {
    const [one] = await startPair();
    await one.loading.get('key', async () => 1, { tags: ['t'] });
    const keys: unknown[] = [];
    for await (const [key] of one.cache.stores[0]!.iterator!('')) keys.push(key);
    expect(keys).toEqual(['key']);
  });

  it('must be awaited: a value whose load did not wait for the server is not cached, and a warning says so once', async () => {
    // The logger of the last application gets the warnings of all.
    const [, { loading, logger }] = await startPair();
    let loads = 0;
    const read = () =>
      loading.get('order:7', ({ tag }) => {
        void tag('t');
        return ++loads;
      });
    // In one process there is nothing to wait for.
    expect([await read(), await read()]).toEqual(isShared ? [1, 2] : [1, 1]);
    const warnings = logger.of('warn').filter((text) => text.includes('context.tag()'));
    expect(warnings).toHaveLength(isShared ? 1 : 0);
    expect(warnings.join()).not.toContain('order:7');
  });
}
