import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { startNode, until, type CacheNode } from './support/cache-node.js';
import { sharedEnv, startTlsRedis } from './support/cache-servers.js';
import { Authority } from './support/certificate.js';
import { checkConnect, factsOf } from './support/checked-connections.js';
import { SECRET_KEY } from './support/keys.js';
import { freePort, OwnServer } from './support/own-server.js';
import { run } from './support/run.js';
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
/** Most rows are not changed again soon, so that a change that a failover undoes stays visible. */
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
        await group().waitForReplacement(old);
      },
      'a killed master': async () => {
        const old = await group().master();
        await old.kill();
        await group().waitForReplacement(old);
      },
      'a frozen master': async () => {
        const old = await group().master();
        old.freeze();
        await group().waitForReplacement(old);
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
      for (const line of report.log) expect(line).not.toContain('127.0.0.1');
    });

    it('moves every process to the new master while the old one still accepts changes', async () => {
      const env = sharedEnv(group().url);
      const nodes: CacheNode[] = [];
      // Started at different times, because a process without announcements would ask every 2 s.
      for (let n = 0; n < 6; n++) {
        nodes.push(await startNode(env));
        await delay(330);
      }
      const old = await group().master();
      await until(() => group().failOver());
      await group().waitForReplacement(old);
      await passed(STALE_MS / 2);
      expect(await group().ask(old, 'ROLE')).toContain('master');
      const fresh = await startNode(env);
      await fresh.cache.set('k', 'by a new process');
      for (const { cache } of nodes) expect(await cache.get('k')).toBe('by a new process');
    });

    it('keeps its connection while all Sentinels are down, and finds the master when they are back', async () => {
      const env = sharedEnv(group().url);
      const [one, other] = [await startNode(env), await startNode(env)];
      for (const sentinel of group().sentinels) await sentinel.kill();
      await one.cache.set('k', 1);
      expect(await other.cache.get('k')).toBe(1);
      const late = await startNode({ ...env, CACHE_TIMEOUT_MS: '200' }, false);
      await until(() => late.shared().errors > 1);
      await late.cache.set('own', 1);
      expect(await late.cache.get('own')).toBe(1);
      const outages = late.logger.of('warn').filter((text) => text.includes('The shared cache fails'));
      expect(outages).toEqual([expect.stringContaining('(none of the Sentinels answers: ECONNREFUSED)')]);
      expect([one, other].map((node) => [node.shared().isConnected, node.shared().errors])).toEqual([
        [true, 0],
        [true, 0],
      ]);
      for (const sentinel of group().sentinels) await sentinel.start();
      await until(() => late.shared().isConnected);
      expect(await late.cache.get('k')).toBe(1);
    });

    it('is found if all Sentinels but one are frozen, and while they distrust their clocks afterwards', async () => {
      const [last, ...others] = group().sentinels;
      for (const sentinel of others) sentinel.freeze();
      await startNode(sharedEnv(group().url));
      last!.freeze();
      await delay(2_500);
      for (const sentinel of group().sentinels) sentinel.thaw();
      await until(async () => String(await group().ask(last!, 'INFO')).includes('sentinel_tilt:1'));
      await startNode(sharedEnv(group().url));
    });
  },
);

const PASSWORD = 'Tr0mbone-Quartz-58';
const SENTINEL_PASSWORD = 'Oboe-Feldspar-Zr19';

describeWithServer(
  'a cache behind a Sentinel that cannot announce anything, with accounts and host names',
  () =>
    SentinelGroup.start({
      replicas: 1,
      sentinels: 1,
      password: PASSWORD,
      sentinelPassword: SENTINEL_PASSWORD,
      host: 'localhost',
      sentinel: [
        'sentinel resolve-hostnames yes',
        'sentinel announce-hostnames yes',
        `user app on >${SENTINEL_PASSWORD} ~* +@all -subscribe`,
        'rename-command HELLO ""',
      ],
    }),
  (group) => {
    const account = `:${PASSWORD}@`;
    const parameters = `?sentinelUser=app&sentinelPassword=${SENTINEL_PASSWORD}`;
    const url = () => group().urlWith({ account, parameters });

    it('uses the database in the path', async () => {
      const there = group().urlWith({ account, parameters: `/3${parameters}` });
      const env = sharedEnv(there.replace('redis+', 'valkey+'));
      const node = await startNode(env);
      await node.cache.set('k', 1);
      const keyspace = String(await group().ask(await group().master(), 'INFO', 'keyspace'));
      expect(keyspace).toContain('db3:');
    });

    it('is shared with the credentials of a hook', async () => {
      class HookConfig extends ProductionConfig {
        override async buildCacheCredentials() {
          return { password: PASSWORD };
        }
      }
      const env = sharedEnv(group().urlWith({ account: ':expired@', parameters }));
      const node = await startNode(env, true, HookConfig);
      await node.cache.set('k', 1);
      const other = await startNode(sharedEnv(url()));
      expect(other.shared().isConnected).toBe(true);
    });

    const FAULTS: Record<string, [url: () => string, text: RegExp]> = {
      'an unknown master': [
        () => group().urlWith({ account, parameters, master: 'other' }),
        /names a master that its Sentinels do not monitor/,
      ],
      'no account for the Sentinels': [
        () => group().urlWith({ account }),
        /Sentinels that refuse its account/,
      ],
      'a wrong account for the Sentinels': [
        () => group().urlWith({ account, parameters: '?sentinelPassword=wrong' }),
        /Sentinels that refuse its account/,
      ],
      'servers in place of Sentinels': [
        () =>
          `redis+sentinel://${account}127.0.0.1:${group().servers[0]!.port}/main?sentinelPassword=${PASSWORD}`,
        /leads to a server of another kind/,
      ],
      'Sentinels that call a replica the master': [
        () => group().urlWith({ account, parameters, master: 'aside' }),
        /Sentinels that lead to a replica/,
      ],
    };

    it.each(Object.keys(FAULTS))('reports %s in the log and in check', async (what) => {
      const [faulty, text] = FAULTS[what]!;
      if (what.includes('replica')) {
        const [sentinel] = group().sentinels;
        const master = await group().master();
        const replica = group().servers.find((server) => server !== master)!;
        await group().ask(sentinel!, 'SENTINEL', 'MONITOR', 'aside', '127.0.0.1', String(replica.port), '1');
        await group().ask(sentinel!, 'SENTINEL', 'SET', 'aside', 'auth-pass', PASSWORD);
      }
      const node = await startNode({ ...sharedEnv(faulty()), CACHE_TIMEOUT_MS: '50' }, false);
      await until(() => node.shared().errors > 1);
      expect(node.shared().isConnected).toBe(false);
      const outages = node.logger.of('warn').filter((line) => line.includes('The shared cache fails'));
      expect(outages).toEqual([expect.stringMatching(text)]);
      const { problems, output } = await checkConnect({ CACHE_URL: faulty() });
      expect(problems).toEqual([
        { name: 'CACHE_URL', code: 'unfit', message: expect.stringMatching(text), fix: expect.any(String) },
      ]);
      expect(`${outages.join()} ${output}`).not.toMatch(
        new RegExp(`${PASSWORD}|${SENTINEL_PASSWORD}|127\\.0`),
      );
    });

    it('is described by check --connect', async () => {
      const report = await checkConnect({ CACHE_URL: url() });
      expect(report.problems).toEqual([]);
      expect(factsOf(report, 'CACHE_URL')).toMatchObject({
        credentials: 'accepted',
        sentinels: '1 of 1 answer',
        tls: 'off',
        role: 'primary',
        tracking: 'on',
      });
      const port = await freePort();
      const silent = await checkConnect({ CACHE_URL: `redis+sentinel://127.0.0.1:${port}/main` });
      expect(silent.problems).toMatchObject([
        {
          code: 'unreachable',
          message: expect.stringMatching(
            /^names Sentinels, but none of them answers; the first leads to a port/,
          ),
        },
      ]);
    });

    it('does not keep a process alive, and leaves no socket open after it was closed', async () => {
      const env = { NODE_ENV: 'production', SECRET_KEY, ...sharedEnv(url()), CACHE_TIMEOUT_MS: '2000' };
      const plans = [{ staysOpen: true }, { tellsSockets: true }].map((how) =>
        JSON.stringify({ run: [['set', 'k', 1, 0]], ...how }),
      );
      const ended = await Promise.all(
        plans.map((plan) => run('.build/test/fixtures/one-shot.app.js', { args: [plan], env })),
      );
      expect(ended).toMatchObject([
        { code: 0, stderr: '' },
        { code: 0, stderr: '', stdout: expect.stringMatching(/^sockets: $/m) },
      ]);
    });

    it('is shared, and follows a failover', async () => {
      const env = sharedEnv(url());
      const [one, other] = [await startNode(env), await startNode(env)];
      const old = await group().master();
      await until(() => group().failOver());
      await group().waitForReplacement(old);
      await until(async () => {
        const fresh = await startNode(env);
        await fresh.cache.set('k', 'by a new process');
        const seen = await Promise.all([one, other].map(({ cache }) => cache.get('k')));
        return seen.every((value) => value === 'by a new process');
      }, 5_000);
    });
  },
);

describeWithServer(
  'a cache behind a Sentinel, with TLS and a private CA',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'redis-sentinel-tls-'));
    const authority = Authority.make(folder);
    if (authority === undefined) return undefined;
    const own = authority.issue('server');
    const server = await startTlsRedis(own.keyFile, own.certificateFile, join(folder, 'ca.pem'));
    if (server === undefined) return undefined;
    const sentinel = await OwnServer.start('redis-sentinel', 'rediss', (port) => {
      const file = join(folder, 'sentinel.conf');
      const lines = [
        'port 0',
        `tls-port ${port}`,
        'bind 127.0.0.1',
        'tls-replication yes',
        `tls-cert-file ${own.certificateFile}`,
        `tls-key-file ${own.keyFile}`,
        `tls-ca-cert-file ${join(folder, 'ca.pem')}`,
        `sentinel monitor main 127.0.0.1 ${server.port} 1`,
      ];
      writeFileSync(file, `${lines.join('\n')}\n`);
      return [file];
    });
    return {
      env: {
        CACHE_URL: sentinel!.url.replace('rediss:', 'rediss+sentinel:').concat('/main'),
        CACHE_CA: authority.ca,
        CACHE_CERT: own.certificate,
        CACHE_KEY: own.key,
      },
      stop: async () => {
        await Promise.all([server.stop(), sentinel!.stop()]);
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  (server) => {
    it('is shared if CACHE_CA, CACHE_CERT and CACHE_KEY are right for both', async () => {
      const { env } = server();
      const settings = { ...sharedEnv(env.CACHE_URL), ...env };
      const [one, other] = [await startNode(settings), await startNode(settings)];
      await one.cache.set('k', 1);
      expect(await other.cache.get('k')).toBe(1);
      const report = await checkConnect(env);
      expect(report.problems).toEqual([]);
      expect(factsOf(report, 'CACHE_URL')['tls']).toMatch(/certificate verified, of server/);
    });

    it('reports the fault of the connection to the Sentinel', async () => {
      const { CACHE_URL } = server().env;
      const { problems } = await checkConnect({ CACHE_URL });
      expect(problems).toMatchObject([
        {
          message: expect.stringContaining(
            'the first leads to a server whose certificate comes from an unknown CA',
          ),
        },
      ]);
      const plain = await checkConnect({ CACHE_URL: CACHE_URL.replace('rediss', 'redis') });
      expect(plain.problems).toMatchObject([
        { message: expect.stringMatching(/^names Sentinels, but none/) },
      ]);
    });
  },
);
