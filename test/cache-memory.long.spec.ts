import { beforeAll, describe, expect, it } from 'vitest';
import type { Weighed } from './fixtures/cache-memory.app.js';
import { SECRET_KEY } from './support/keys.js';
import { run } from './support/run.js';

const MIB = 2 ** 20;
// What a process takes besides, meanwhile.
const NOISE = MIB / 4;

describe('the bytes that the cache counts', () => {
  let weighed: readonly Weighed[];

  beforeAll(async () => {
    const env = { NODE_ENV: 'production', SECRET_KEY, CACHE_MAX_BYTES: '32mb', CACHE_MAX_ENTRIES: '20000' };
    // Whoever counts too little needs more than this heap, and dies.
    const node = ['--expose-gc', '--max-old-space-size=64'];
    const { code, stdout, stderr } = await run('.build/test/fixtures/cache-memory.app.js', { env, node });
    expect([code, stderr]).toEqual([0, '']);
    weighed = JSON.parse(stdout) as Weighed[];
  }, 600_000);

  it('are at least those that entries take, of whatever kind they are', () => {
    const over = weighed.filter(({ real, counted }) => real > counted + NOISE);
    expect(over).toEqual([]);
    // There was enough of each to tell.
    expect(weighed.filter(({ counted }) => counted < MIB)).toEqual([]);
    expect(weighed.length).toBeGreaterThan(30);
  });
});
