import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { FleetSnapshot } from 'nestjs-production-config';
import { AppProcess } from './support/app-process.js';
import { startOwnRedis } from './support/cache-servers.js';
import { describeStores, REPLICATED_STORES } from './support/cache-stores.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { LifecycleProcess } from './support/lifecycle-process.js';
import { redisClient } from './support/redis-client.js';
import { describeWithServer } from './support/real-server.js';
import { run } from './support/run.js';

type Known = Extract<FleetSnapshot, { state: 'known' }>;
type Env = Readonly<Record<string, string>>;

const startWorker = (env: Env) => AppProcess.start(env, 'fleet-worker');
const snapshotOf = (worker: AppProcess) => worker.ask<FleetSnapshot>('snapshot');
const workersSeenBy = async (worker: AppProcess) => {
  const snapshot = await snapshotOf(worker);
  return snapshot.state === 'known' ? snapshot.workers : snapshot.state;
};

/** Starts so many workers, a few at a time. */
async function startWorkers(count: number, env: Env): Promise<AppProcess[]> {
  const started: AppProcess[] = [];
  while (started.length < count) {
    const few = Array.from({ length: Math.min(5, count - started.length) }, () => startWorker(env));
    started.push(...(await Promise.all(few)));
  }
  return started;
}

const fleetOf = (url: string): Env => ({ CACHE_URL: url, CACHE_NAMESPACE: `fleet-${randomUUID()}` });

describeWithServer('a fleet of 50 processes', startOwnRedis, (server) => {
  it('names the process that differs, forgets killed ones, and knows nothing while Redis is away', async () => {
    const fleet = fleetOf(server().url);
    const env = { ...fleet, RELEASE: '1.4.2' };
    const workers = await startWorkers(49, env);
    await expect.poll(() => workersSeenBy(workers[0]!)).toBe(49);

    await startWorker({ ...env, MAX_PAGE_SIZE: '777' });
    const begun = performance.now();
    await expect.poll(() => workersSeenBy(workers[0]!)).toBe(50);
    const { releases } = (await snapshotOf(workers[0]!)) as Known;
    expect(releases[0]!.drift).toEqual([
      { setting: 'MAX_PAGE_SIZE', variants: [{ workers: 49 }, { workers: 1 }] },
    ]);
    const named = performance.now() - begun;

    await Promise.all(workers.slice(-5).map((worker) => worker.kill()));
    const killed = performance.now();
    await expect.poll(() => workersSeenBy(workers[0]!)).toBe(45);
    const forgotten = performance.now() - killed;
    // They report every 5 s at most, and are listed for 15 s.
    expect([named < 15_000, forgotten < 20_000]).toEqual([true, true]);

    await server().kill();
    await expect.poll(() => workersSeenBy(workers[0]!)).toBe('unknown');
    await server().start();
    const seen = new Set<unknown>();
    await expect
      .poll(async () => {
        const count = await workersSeenBy(workers[0]!);
        seen.add(count);
        return count;
      })
      .toBe(45);
    // Never a part of them.
    expect([...seen]).toEqual(['unknown', 45]);
  });
});

describeStores('a fleet', REPLICATED_STORES, (store) => {
  it('is known to each of its workers, and to the command', async () => {
    const env = fleetOf(store.url());
    const workers = [
      ...(await startWorkers(2, env)),
      await startWorker({ ...env, PAGE_SIZE: '20', MAX_PAGE_SIZE: '100' }),
    ];
    for (const worker of workers) {
      await expect.poll(() => workersSeenBy(worker)).toBe(3);
      const { releases } = (await snapshotOf(worker)) as Known;
      expect(releases[0]!.drift).toEqual([
        { setting: 'PAGE_SIZE', variants: [{ workers: 2 }, { workers: 1 }] },
      ]);
    }
    const { code, stdout } = await command(env, '--json');
    expect([code, (JSON.parse(stdout) as Known).workers]).toEqual([1, 3]);
  });
});

/** The command of a job that has no more than the address of the server. */
const command = ({ CACHE_URL, CACHE_NAMESPACE }: Env, ...args: string[]) =>
  run('dist/cli/main.js', {
    args: ['fleet', ...args],
    env: { NODE_ENV: 'production', CACHE_URL: CACHE_URL!, CACHE_NAMESPACE: CACHE_NAMESPACE! },
  });

describeWithServer('production-config fleet', startOwnRedis, (server) => {
  const [B] = OTHER_KEYS;

  it('shows the workers of each release and their keys, and exits with 1 if settings differ', async () => {
    const env = { ...fleetOf(server().url), RELEASE: '1.4.2' };
    await startWorkers(2, env);
    const other = await startWorker({ ...env, CACHE_TTL_SECONDS: '77' });
    const drifting = await command(env);
    expect(drifting).toMatchObject({ code: 1, stderr: '' });
    expect(drifting.stdout.replaceAll(/\S+:\d+:\S+/g, '<instance>')).toMatch(
      new RegExp(
        '^3 workers in one release\\n\\nrelease 1\\.4\\.2: 3 workers\\n  CACHE_TTL_SECONDS differs: 2 / 1 workers\\n' +
          '  2 workers that agree: <instance> <instance>\\n  1 worker: <instance>\\n\\nkeys\\n' +
          '  \\S{12}  accepted by 3 of 3, signs on 3\\n$',
      ),
    );
    await other.ask('close');
    const settled = await command(env, '--wait', 'settled', '--json');
    expect(settled.code).toBe(0);
    expect((JSON.parse(settled.stdout) as Known).workers).toBe(2);
  });

  it('shows how the shutdown of the last worker went', async () => {
    const fleet = fleetOf(server().url);
    const env = { ...fleet, RELEASE: '1.4.2' };
    const worker = await startWorker(env);
    const lastDrain = async () => {
      const snapshot = await snapshotOf(worker);
      return snapshot.state === 'known' ? snapshot.lastDrain : snapshot.state;
    };
    const endDuring = async (ms: number, ask: (service: LifecycleProcess) => void, requests = 1) => {
      const limited = { ...env, SHUTDOWN_SECONDS: '6', VARIANT: requests > 1 ? 'http2' : '' };
      const service = await LifecycleProcess.listening('fastify', limited);
      await expect.poll(() => workersSeenBy(worker)).toBe(2);
      ask(service);
      await service.prints(`started ${ms}`, requests);
      service.signal();
      expect(await service.ended).toEqual({ code: 0, signal: null });
    };
    const get = (ms: number) => (service: LifecycleProcess) =>
      void fetch(service.url(`/x?ms=${ms}`)).catch(() => undefined);
    const getTwiceByHttp2 = (service: LifecycleProcess) => {
      const session = connectHttp2(service.url('')).on('error', () => undefined);
      for (let stream = 0; stream < 2; stream++) {
        session.request({ ':path': '/x?ms=60000' }).on('error', () => undefined);
      }
    };
    await expect.poll(lastDrain).toBe(null);
    await endDuring(300, get(300));
    const drain = { release: '1.4.2', cutOff: 0 };
    await expect.poll(lastDrain).toMatchObject(drain);
    await endDuring(60_000, getTwiceByHttp2, 2);
    await expect.poll(lastDrain).toMatchObject({ ...drain, cutOff: 2 });
    await endDuring(60_000, get(60_000));
    await expect.poll(lastDrain).toMatchObject({ ...drain, cutOff: 1 });
    expect((await command(env)).stdout).toMatch(
      /\nlast shutdown\n {2}\S+ of release 1\.4\.2: \S+Z, drained in \d+\.\d s, 1 cut off\n$/,
    );

    // Another program may write there.
    const client = await redisClient(server().url);
    const [key] = await client.keys(`${fleet['CACHE_NAMESPACE']}*drain`);
    for (const text of ['{', 'null', '[]', '{"instance":1}', '"x"']) {
      await client.set(key!, text);
      expect(await lastDrain()).toBe(null);
    }
  });

  it('waits until every worker accepts a key, and exits with 1 if that takes too long', async () => {
    const env = fleetOf(server().url);
    const old = await startWorker({ ...env, SECRET_KEY });
    await startWorker({ ...env, SECRET_KEY, SECRET_KEY_FALLBACKS: B });
    await expect.poll(() => workersSeenBy(old)).toBe(2);
    const { keys } = (await snapshotOf(old)) as Known;
    const { id } = keys.find(({ accepted }) => accepted === 1)!;
    expect((await command(env, '--wait', `keys=${id}`, '--timeout', '1s')).code).toBe(1);
    expect((await command(env, '--wait', 'settled', '--timeout', '1s')).code).toBe(1);
    const waiting = command(env, '--wait', `keys=${id}`);
    await old.ask('close');
    expect((await waiting).code).toBe(0);
  });

  const UNUSABLE: Record<string, readonly [Env, string, ...string[]]> = {
    'there is no CACHE_URL': [{}, 'workers report only with a CACHE_URL'],
    'it is memcached': [{ CACHE_URL: 'memcached://127.0.0.1:1' }, 'workers do not report to memcached'],
    'the server is away': [{ CACHE_URL: 'redis://127.0.0.1:1' }, 'it does not answer'],
    'it is still away at the timeout': [
      { CACHE_URL: 'redis://127.0.0.1:1' },
      'it does not answer',
      '--wait',
      'settled',
      '--timeout',
      '1s',
    ],
    'a setting is invalid': [{ CACHE_URL: 'ftp://a' }, 'the configuration has problems: CACHE_URL'],
    'the goal is unknown': [{}, '--wait takes keys=<id>, signs=<id> or settled', '--wait', 'keys'],
    'the time is no time': [{}, '--timeout takes a time', '--wait', 'settled', '--timeout', '9'],
  };

  it.each(Object.keys(UNUSABLE))('exits with 2 if %s', async (which) => {
    const [env, text, ...args] = UNUSABLE[which]!;
    const { code, stderr } = await run('dist/cli/main.js', {
      args: ['fleet', ...args],
      env: { NODE_ENV: 'production', CACHE_NAMESPACE: 'orders', ...env },
    });
    expect(code).toBe(2);
    expect(stderr).toContain(text);
  });

  it('exits with 2 if no worker reports', async () => {
    const { code, stderr } = await command(fleetOf(server().url));
    expect([code, stderr]).toEqual([2, expect.stringContaining('no worker of this service reports')]);
  });
});

describeWithServer('a script that never closes its application', startOwnRedis, (server) => {
  const script = (work: string, env: Env) =>
    run('.build/test/fixtures/unclosed.app.js', {
      args: [work],
      env: { NODE_ENV: 'production', SECRET_KEY, ...env },
    });
  const done = { code: 0, stdout: 'done\n', stderr: '' };

  it('ends by itself, although it reports', async () => {
    expect(await script('known', fleetOf(server().url))).toEqual(done);
  });

  it('ends by itself while the server is away, or accepts connections and does not answer', async () => {
    const silent = createServer();
    onTestFinished(() => void silent.close());
    await once(silent.listen(0, '127.0.0.1'), 'listening');
    const { port } = silent.address() as AddressInfo;
    for (const url of ['redis://127.0.0.1:1', `redis://127.0.0.1:${port}`]) {
      const ended = await script('2000', fleetOf(url));
      expect([ended.code, ended.stdout]).toEqual([0, 'done\n']);
    }
  });

  it('makes no further connection if it ends within a moment', async () => {
    const client = await redisClient(server().url);
    const connections = async () => {
      const text = (await client.sendCommand(['INFO', 'stats'])) as string;
      return Number(/total_connections_received:(\d+)/.exec(text)![1]);
    };
    const before = await connections();
    expect(await script('0', fleetOf(server().url))).toEqual(done);
    // That of the cache.
    expect((await connections()) - before).toBe(1);
  });
});
