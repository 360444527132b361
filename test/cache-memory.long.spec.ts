import { beforeAll, describe, expect, it } from 'vitest';
import type { Weighed } from './fixtures/cache-memory.app.js';
import { SECRET_KEY } from './support/keys.js';
import { run } from './support/run.js';

const MIB = 2 ** 20;
// Allowance for other memory of the process.
const NOISE = MIB / 4;

describe('the bytes that the cache counts', () => {
  let weighed: readonly Weighed[];

  beforeAll(async () => {
    const env = { NODE_ENV: 'production', SECRET_KEY, CACHE_MAX_BYTES: '32mb', CACHE_MAX_ENTRIES: '20000' };
    // A cache that counts too little exceeds this heap, and the process crashes.
    const node = ['--expose-gc', '--max-old-space-size=64'];
    const { code, stdout, stderr } = await run('.build/test/fixtures/cache-memory.app.js', { env, node });
    expect([code, stderr]).toEqual([0, '']);
    weighed = JSON.parse(stdout) as Weighed[];
  }, 600_000);

  it('are at least the bytes that entries use, for every kind of value', () => {
    const over = weighed.filter(({ real, counted }) => real > counted + NOISE);
    expect(over).toEqual([]);
    // Each kind uses enough memory for a meaningful comparison.
    expect(weighed.filter(({ counted }) => counted < MIB)).toEqual([]);
    expect(weighed.length).toBeGreaterThan(30);
  });
});
