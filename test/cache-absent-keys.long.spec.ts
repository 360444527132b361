import { expect, it } from 'vitest';
import { sharedEnv, startRedis } from './support/cache-servers.js';
import { startNode } from './support/cache-node.js';
import { describeWithServer } from './support/real-server.js';

describeWithServer('gets of 100,000 absent keys', startRedis, (server) => {
  it('leave no entries and no memory in use in this process', async () => {
    const node = await startNode(sharedEnv(server().url));
    const ask = async (from: number, to: number) => {
      for (let n = from; n < to; n += 2500) {
        await Promise.all(Array.from({ length: 2500 }, (_, i) => node.cache.get(`absent:${n + i}`)));
      }
    };
    await ask(100_000, 120_000);
    globalThis.gc!();
    const before = process.memoryUsage().heapUsed;
    const used = process.cpuUsage();
    await ask(0, 100_000);
    const { user, system } = process.cpuUsage(used);
    const seconds = (user + system) / 1e6;
    globalThis.gc!();
    const grown = (process.memoryUsage().heapUsed - before) / 2 ** 20;
    console.info(
      `100,000 absent keys: ${seconds.toFixed(1)} s of work, the heap grew by ${grown.toFixed(2)} MiB`,
    );
    expect(node.metrics.snapshot()).toMatchObject({ entries: 0, bytes: 0, misses: 120_000 });
    expect(node.shared()).toMatchObject({ misses: 120_000, timeouts: 0, errors: 0 });
    expect(grown).toBeLessThan(4);
  });
});
