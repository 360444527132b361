import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startNode, until } from './support/cache-node.js';
import { sharedEnv, startOwnMemcached, startOwnRedis } from './support/cache-servers.js';
import { SECRET_KEY } from './support/keys.js';
import type { OwnServer } from './support/own-server.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT } from './support/run.js';

const OWN = { Redis: () => startOwnRedis(), memcached: startOwnMemcached };

interface Servers {
  readonly cache: OwnServer;
  /** The server of the job queue. */
  readonly jobs: OwnServer;
  stop(): Promise<void>;
}

async function startServers(name: keyof typeof OWN): Promise<Servers | undefined> {
  const [cache, jobs] = [await OWN[name](), await startOwnRedis()];
  if (cache === undefined || jobs === undefined) return undefined;
  return { cache, jobs, stop: async () => void (await Promise.all([cache.stop(), jobs.stop()])) };
}

/** Stops a service with BullMQ while a job is running, and returns its output. */
async function drain(way: string, { jobs }: Servers, env: Record<string, string>, closed: () => unknown) {
  const child = fork(join(ROOT, '.build/test/fixtures/draining.app.js'), [way, jobs.url], {
    cwd: join(ROOT, '.build'),
    env: { PATH: process.env['PATH'], NO_COLOR: '1', NODE_ENV: 'production', SECRET_KEY, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const ended = once(child, 'close') as Promise<[code: number | null, signal: string | null]>;
  await until(() => output.includes('working'), 30_000);
  child.send('end');
  await until(() => output.includes('closed'), 30_000);
  await closed();
  child.send('write');
  const [code, signal] = await ended;
  return { output, code, signal };
}

describe.each(['Redis', 'memcached'] as const)(
  'a job that ends during shutdown, with a cache on %s',
  (name) => {
    describeWithServer(
      'that is already closed',
      () => startServers(name),
      (servers) => {
        it.each([
          ['close', { code: 0, signal: null }],
          ['signal', { code: null, signal: 'SIGTERM' }],
        ])('changes the cache of all processes (%s)', async (way, end) => {
          const env = sharedEnv(servers().cache.url);
          const other = await startNode(env);
          await other.cache.set('report', 'old', 0);
          const { output, ...ended } = await drain(way, servers(), env, () => undefined);
          expect(output.split('\n').filter(Boolean)).toEqual([
            'working',
            'closed',
            '[true,"done"]',
            '"done"',
          ]);
          expect(ended).toEqual(end);
          const fresh = await startNode(env);
          expect(await fresh.cache.mget(['report', 'by-job'])).toEqual([undefined, 'done']);
          if (name === 'Redis') await until(async () => (await other.cache.get('report')) === undefined);
        });

        it('logs that its changes could not be sent', async () => {
          const env = { ...sharedEnv(servers().cache.url), CACHE_TIMEOUT_MS: '100' };
          const { output, code } = await drain('close', servers(), env, () => servers().cache.kill());
          // Logged once: no later change waits for a connection again.
          expect(output.match(/was closed before changes of \d keys? reached it/g)).toHaveLength(1);
          expect(output).toContain('Later changes of this process are not sent either');
          expect(code).toBe(0);
          await servers().cache.start();
        });
      },
    );
  },
);
