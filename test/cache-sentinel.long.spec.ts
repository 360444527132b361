import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { until, type CacheNode } from './support/cache-node.js';
import { sharedEnv } from './support/cache-servers.js';
import { loadDuring, PER_SECOND, type LoadedFleet } from './support/product-traffic.js';
import { Random } from './support/random.js';
import { describeWithServer } from './support/real-server.js';
import { SentinelGroup } from './support/redis-sentinel.js';
import { passed, Stalls } from './support/stalls.js';

const TIMEOUT_MS = 50;
/** How much longer than its timeout a call may take. */
const SLACK_MS = 50;
const RECOVERY_MS = 5_000;
/** How long after an event a process may serve what another one has changed. */
const STALE_MS = 1_000;

const WORKERS = 8;
/** So many that most are not changed again soon: a change that a failover undoes stays visible. */
const KEYS_PER_WORKER = 300;

/** Rows that two processes change and cache. */
class Rows {
  private readonly keys = Array.from({ length: WORKERS }, (_, n) =>
    Array.from({ length: KEYS_PER_WORKER }, (__, m) => `row:${n}:${m}`),
  );
  private readonly versions = new Map<string, number>();
  /** For each key, the changes that have ended. */
  private readonly ended = new Map<string, { readonly version: number; readonly at: number }[]>();
  private readonly random = new Random(Date.now());
  private isOver = false;

  constructor(private readonly nodes: readonly Pick<CacheNode, 'cache' | 'loading'>[]) {}

  /** Gives each row a value. */
  async fill(): Promise<void> {
    for (const key of this.keys.flat()) await this.change(key, true);
  }

  /** Changes and reads rows until `stop()`. */
  async churn(): Promise<void> {
    const worker = async (keys: readonly string[]) => {
      while (!this.isOver) {
        const key = this.random.pick(keys);
        if (this.random.next() < 0.3) await this.change(key);
        else await this.read(this.random.pick(this.nodes), key);
        await delay(5);
      }
    };
    // A key has one worker, so that its changes have an order.
    await Promise.all(this.keys.map(worker));
  }

  stop(): void {
    this.isOver = true;
  }

  /** Reads that are older than changes which ended before `STALE_MS`. */
  async stale(): Promise<string[]> {
    const found: string[] = [];
    for (const keys of this.keys) {
      const bound = performance.now() - STALE_MS;
      const newest = keys.map((key) => this.ended.get(key)?.findLast(({ at }) => at < bound)?.version ?? 0);
      for (const [n, node] of this.nodes.entries()) {
        for (const [index, value] of (await node.cache.mget<number>([...keys])).entries()) {
          const [key, least] = [keys[index], newest[index]!];
          if (value !== undefined && value < least)
            found.push(`${key} on ${n}: ${value} instead of ${least}`);
        }
      }
    }
    return found;
  }

  private async change(key: string, isSet = this.random.next() < 0.7): Promise<void> {
    const version = (this.versions.get(key) ?? 0) + 1;
    this.versions.set(key, version);
    const { cache } = this.random.pick(this.nodes);
    if (isSet) await cache.set(key, version, 0);
    else await cache.del(key);
    const ended = this.ended.get(key) ?? [];
    ended.push({ version, at: performance.now() });
    this.ended.set(key, ended);
  }

  private read({ loading }: Pick<CacheNode, 'loading'>, key: string): Promise<number> {
    return loading.get(key, () => this.versions.get(key) ?? 0, { ttlSeconds: 600 });
  }
}

describeWithServer(
  'a cache behind Sentinels',
  () => SentinelGroup.start(),
  (group) => {
    /** What happens to the servers. Each returns when the Sentinels have recovered. */
    const EVENTS: Record<string, () => Promise<void>> = {
      'a failover': async () => {
        const old = await group().master();
        await until(() => group().failOver());
        await group().isReplaced(old);
      },
      'a killed master': async () => {
        const old = await group().master();
        await old.kill();
        await group().isReplaced(old);
      },
      'a frozen master': async () => {
        const old = await group().master();
        old.freeze();
        await group().isReplaced(old);
      },
      'a restart of all Sentinels': async () => {
        await Promise.all(group().sentinels.map((sentinel) => sentinel.kill()));
        await passed(1_000);
        await Promise.all(group().sentinels.map((sentinel) => sentinel.start()));
        await until(() => group().master());
      },
    };

    it('loses no request and serves nothing stale while its servers fail under load', async () => {
      const env = { ...sharedEnv(group().url), CACHE_TIMEOUT_MS: String(TIMEOUT_MS) };
      const stale: string[] = [];
      const trouble = async ({ writer, reader, isSharing }: LoadedFleet) => {
        const recoveries: number[] = [];
        const rows = new Rows([writer, reader]);
        const faults = () =>
          [writer, reader].reduce((sum, node) => sum + node.shared().timeouts + node.shared().errors, 0);
        // On a busy machine calls time out: a change that failed is repeated a second later.
        const staleSoon = async () => {
          for (let calm = 0, before = faults(); ; before = faults()) {
            await passed(STALE_MS);
            const found = await rows.stale();
            const isCalm = faults() === before && [writer, reader].every((node) => node.shared().isConnected);
            calm = isCalm ? calm + 1 : 0;
            if (found.length === 0 || calm > 2) return found;
          }
        };
        await rows.fill();
        const churning = rows.churn();
        await delay(1_500);
        for (const name of [
          'a failover',
          'a killed master',
          'a frozen master',
          'a restart of all Sentinels',
          'a failover',
        ]) {
          const stalls = new Stalls();
          await EVENTS[name]!();
          const from = performance.now();
          await until(isSharing);
          recoveries.push(stalls.since(from));
          stalls.stop();
          stale.push(...(await staleSoon()).map((text) => `after ${name}: ${text}`));
          for (const server of group().servers) {
            server.thaw();
            if (!server.isRunning) await server.start();
          }
        }
        stale.push(...(await staleSoon()));
        rows.stop();
        await churning;
        return recoveries;
      };
      const report = await loadDuring('Sentinels', env, 15_000, trouble);
      expect(stale).toEqual([]);
      expect(report.failed.slice(0, 5)).toEqual([]);
      expect(report.sent).toBeGreaterThan(PER_SECOND * 15 * 0.95);
      expect(report.slowestCall).toBeLessThan(TIMEOUT_MS + SLACK_MS);
      for (const recovery of report.recoveries) expect(recovery).toBeLessThan(RECOVERY_MS);
      expect(report.log.length).toBeGreaterThan(0);
      for (const line of report.log) expect(line).not.toMatch(/127\.0\.0\.1|redis\+sentinel:\/\/\d/);
    });
  },
);
