import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { CacheNode } from './support/cache-node.js';
import { sharedEnv } from './support/cache-servers.js';
import type { OwnServer } from './support/own-server.js';
import { loadDuring, PER_SECOND, type LoadedFleet } from './support/product-traffic.js';
import { describeWithServer } from './support/real-server.js';
import { RedisCluster } from './support/redis-cluster.js';
import { Stalls, until } from './support/stalls.js';

const RUN_MS = 15_000;
const TIMEOUT_MS = 50;
/** How much longer than its timeout a call may take. */
const SLACK_MS = 50;
/** How long after the cluster itself all processes share again. */
const RECOVERY_MS = 5_000;
/** How long after that an outdated value may be served. */
const SETTLING_MS = 1_000;
/** How long a change may take to reach another process. */
const LAG_MS = 500;
const ROWS = 150;

interface Served {
  readonly row: number;
  readonly node: number;
  readonly at: number;
  readonly version: number;
  /** Since when there was a newer version, in milliseconds without stalls. */
  readonly lateBy: number;
  /** A newer version was served before. */
  readonly isOlder: boolean;
}

/** Changes rows of a database, deletes them from the cache, and records what the processes serve. */
class Rows {
  /** Outdated values that were served. */
  readonly outdated: Served[] = [];
  served = 0;
  changes = 0;
  private readonly versions = Array.from({ length: ROWS }, () => 0);
  private readonly deleted = Array.from({ length: ROWS }, (): { version: number; at: number }[] => []);
  private readonly last: number[][];
  private isOver = false;

  constructor(
    private readonly nodes: readonly Pick<CacheNode, 'cache' | 'loading'>[],
    private readonly stalls: Stalls,
  ) {
    this.last = nodes.map(() => Array.from({ length: ROWS }, () => 0));
  }

  async run(events: Promise<unknown>): Promise<void> {
    const over = () => (this.isOver = true);
    events.then(over, over);
    const workers = this.nodes.flatMap((_node, index) => [
      this.repeat(() => this.read(index)),
      this.repeat(() => this.read(index)),
    ]);
    await Promise.all([...workers, this.repeat(() => this.change())]);
  }

  /** Every row, on every node, must be current now. */
  async expectCurrent(): Promise<void> {
    for (let row = 0; row < ROWS; row++) {
      for (const node of this.nodes.keys()) await this.read(node, row);
    }
  }

  private async repeat(step: () => Promise<void>): Promise<void> {
    while (!this.isOver) {
      await step();
      await delay(2);
    }
  }

  private async change(): Promise<void> {
    const row = Math.floor(Math.random() * ROWS);
    const version = ++this.versions[row]!;
    await this.nodes[0]!.cache.del(`row:${row}`);
    this.deleted[row]!.push({ version, at: performance.now() });
    this.changes++;
  }

  private async read(node: number, row = Math.floor(Math.random() * ROWS)): Promise<void> {
    const at = performance.now();
    const load = async () => {
      const version = this.versions[row]!;
      await delay(1);
      return version;
    };
    const version = await this.nodes[node]!.loading.get(`row:${row}`, load, { ttlSeconds: 60 });
    this.served++;
    const missed = this.deleted[row]!.find((one) => one.version > version && one.at < at);
    const isOlder = version < this.last[node]![row]!;
    this.last[node]![row] = Math.max(version, this.last[node]![row]!);
    if (missed === undefined && !isOlder) return;
    const lateBy = missed === undefined ? 0 : this.stalls.without([missed.at, at]);
    this.outdated.push({ row, node, at, version, lateBy, isOlder });
  }
}

interface Event {
  readonly name: string;
  readonly from: number;
  /** When all processes shared again, and for how long the cluster had been back then. */
  readonly to: number;
  readonly recoveryMs: number;
}

describeWithServer(
  'a cluster whose masters are failed over, killed, restarted and resharded under load',
  () => RedisCluster.start(),
  (server) => {
    it('neither fails nor delays requests, and serves nothing outdated a second after each event', async () => {
      const cluster = server();
      const began = performance.now();
      const env = { ...sharedEnv(cluster.url), CACHE_TIMEOUT_MS: String(TIMEOUT_MS) };
      const stalls = new Stalls();
      const events: Event[] = [];
      let rows!: Rows;
      const happenings = async ({ writer, reader, isSharing }: LoadedFleet) => {
        rows = new Rows([writer, reader], stalls);
        const happening = happen(isSharing);
        await Promise.all([happening, rows.run(happening)]);
        return events.map(({ recoveryMs }) => recoveryMs);
      };
      const event = async (
        isSharing: () => Promise<boolean>,
        name: string,
        begin: () => Promise<unknown>,
      ) => {
        const from = performance.now();
        await begin();
        const back = performance.now();
        await until(isSharing);
        events.push({ name, from, to: performance.now(), recoveryMs: stalls.since(back) });
        await delay(SETTLING_MS + 500);
        await rows.expectCurrent();
      };
      const happen = async (isSharing: () => Promise<boolean>) => {
        await delay(1000);
        const [first, second, third] = (await cluster.masters()) as [OwnServer, OwnServer, OwnServer];
        await event(isSharing, 'CLUSTER FAILOVER', () => cluster.failOver(first));
        await event(isSharing, 'a killed master', async () => {
          await second.kill();
          await cluster.waitUntilCovered();
        });
        await event(isSharing, 'its restart', async () => {
          await second.start();
          await cluster.waitUntilHealthy();
        });
        const target = (await cluster.masters()).find((one) => one !== third)!;
        await event(isSharing, '1000 slots moved', () => cluster.reshard(third, target, 1000));
      };
      const report = await loadDuring('Redis Cluster', env, RUN_MS, happenings);
      stalls.stop();

      const isAround = (at: number, { from, to }: Event) =>
        at >= from && stalls.without([to, at]) <= SETTLING_MS;
      const isSettled = (at: number) => !events.some((one) => isAround(at, one));
      const stale = rows.outdated.filter(({ at, lateBy }) => isSettled(at) && lateBy > LAG_MS);
      const older = rows.outdated.filter(({ at, isOlder }) => isSettled(at) && isOlder);
      for (const one of events) {
        const { name, from, to, recoveryMs } = one;
        const during = rows.outdated.filter(({ at }) => isAround(at, one));
        console.info(
          `${name}: ${((to - from) / 1000).toFixed(1)} s, shared again ${recoveryMs.toFixed(0)} ms after the cluster; ` +
            `${during.length} outdated values until ${SETTLING_MS} ms later`,
        );
      }
      console.info(`${rows.served} reads and ${rows.changes} changes of ${ROWS} rows`);
      expect(stale).toEqual([]);
      expect(older).toEqual([]);
      for (const { name, recoveryMs } of events) expect(recoveryMs, name).toBeLessThan(RECOVERY_MS);
      expect(report.failed.slice(0, 5)).toEqual([]);
      expect(report.sent).toBeGreaterThan((PER_SECOND * RUN_MS * 0.95) / 1000);
      expect(report.calls).toBeGreaterThan(1000);
      expect(report.slowestCall).toBeLessThan(TIMEOUT_MS + SLACK_MS);
      // Both applications log here, at most one line in 10 s each.
      expect(report.log.join('\n')).toContain('The shared cache fails on 1 of 3 masters of the cluster');
      for (const line of report.log) expect(line).not.toContain('127.0.0.1');
      expect(report.log.length).toBeLessThanOrEqual(
        2 * (1 + Math.ceil((performance.now() - began) / 10_000)),
      );
    });
  },
);
