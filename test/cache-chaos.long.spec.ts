import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { startOwnMemcached, startOwnRedis } from './support/cache-servers.js';
import { until } from './support/cache-node.js';
import type { OwnServer } from './support/own-server.js';
import { loadDuring, PER_SECOND } from './support/product-traffic.js';
import { describeWithServer } from './support/real-server.js';
import { Stalls } from './support/stalls.js';

const PASSWORD = 'Tr0mbone-Quartz-58';
/** How much longer than its timeout a call may take. */
const SLACK_MS = 50;
const RECOVERY_MS = 5_000;

/** Kills and restarts, then freezes and thaws a server. Returns how long its clients take to recover each time. */
async function hurt(server: OwnServer, isBack: () => Promise<boolean>): Promise<number[]> {
  const recoveries = [];
  await delay(1500);
  for (const [fail, mend] of [
    [() => server.kill(), () => server.start()],
    [() => server.freeze(), () => server.thaw()],
  ] as const) {
    await fail();
    await delay(2500);
    await mend();
    const from = performance.now();
    const stalls = new Stalls();
    await until(isBack);
    recoveries.push(stalls.since(from));
    stalls.stop();
    await delay(1000);
  }
  return recoveries;
}

function chaos(name: string, start: () => Promise<OwnServer | undefined>, password: string): void {
  describeWithServer(`${name} killed, restarted, frozen and thawed under load`, start, (server) => {
    it.each([
      [50, 15_000],
      [20, 10_000],
    ])('neither fails nor delays requests, with a timeout of %i ms per call', async (timeoutMs, runMs) => {
      const env = {
        CACHE_URL: server().url.replace('//', password === '' ? '//' : `//:${password}@`),
        CACHE_NAMESPACE: 'shop',
        CACHE_TIMEOUT_MS: String(timeoutMs),
      };
      const report = await loadDuring(`${name}, ${timeoutMs} ms`, env, runMs, ({ isSharing }) =>
        hurt(server(), isSharing),
      );
      expect(report.failed.slice(0, 5)).toEqual([]);
      expect(report.sent).toBeGreaterThan((PER_SECOND * runMs * 0.95) / 1000);
      expect(report.calls).toBeGreaterThan(1000);
      expect(report.slowestCall).toBeLessThan(timeoutMs + SLACK_MS);
      expect(report.delay).toBeLessThan(timeoutMs + SLACK_MS);
      for (const recovery of report.recoveries) expect(recovery).toBeLessThan(RECOVERY_MS);
      expect(report.fleet.writer.shared().timeouts).toBeGreaterThan(0);

      // Both applications log here: each at most one line in 10 s.
      expect(report.log.length).toBeGreaterThan(0);
      expect(report.log.length).toBeLessThanOrEqual(2 * (1 + Math.floor(runMs / 10_000)));
      for (const line of report.log)
        expect(line).not.toMatch(new RegExp(`127\\.0\\.0\\.1|${server().port}|${PASSWORD}`));
    });
  });
}

describe('the shared cache', () => {
  chaos('Redis', () => startOwnRedis('--requirepass', PASSWORD), PASSWORD);
  chaos('memcached', startOwnMemcached, '');
});
