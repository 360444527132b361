import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { AppProcess } from './support/app-process.js';
import { startOwnRedis } from './support/cache-servers.js';
import { ringOf } from './support/fleet.ring.js';
import { KeyFiles, type Keys, Traffic } from './support/key-rollout.js';
import { Random } from './support/random.js';
import { describeWithServer } from './support/real-server.js';
import { run } from './support/run.js';

const NODES = 6;

type Env = Readonly<Record<string, string>>;

/** How the nodes of a fleet get other keys. What it starts may have them later than it resolves. */
interface Rollout {
  start(node: number, keys: Keys): Promise<AppProcess>;
  replace(node: number, keys: Keys, process: AppProcess): Promise<AppProcess>;
}

/** Starts a process with the keys in its environment, then ends the old one gracefully. */
function restarts(env: Env): Rollout {
  const start = (keys: Keys) => AppProcess.start({ ...env, ...keys }, 'key-node');
  return {
    start: (_node, keys) => start(keys),
    async replace(_node, keys, process) {
      const next = await start(keys);
      await process.ask('close');
      return next;
    },
  };
}

/** Replaces the files of each process, and waits for nothing. */
function liveFiles(env: Env): Rollout {
  const files = new KeyFiles();
  return {
    start: (node, keys) => AppProcess.start({ ...env, ...files.first(node, keys) }, 'key-node'),
    async replace(node, keys, process) {
      files.write(node, keys);
      return process;
    },
  };
}

describeWithServer('three rollouts that only the command fleet paces', startOwnRedis, (server) => {
  describe.each([
    ['restarts', restarts],
    ['live files', liveFiles],
  ] as const)('by %s', (_name, rolloutOf) => {
    it('replace the key of six processes without refusing a credential or accepting a forged one', async () => {
      const env = { CACHE_URL: server().url, CACHE_NAMESPACE: `fleet-${randomUUID()}` };
      const rollout = rolloutOf(env);
      const waitFor = async (goal: string) => {
        const { code, stdout, stderr } = await run('dist/cli/main.js', {
          args: ['fleet', '--wait', goal, '--timeout', '4m'],
          env: { NODE_ENV: 'production', ...env },
        });
        expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
      };
      const random = new Random(1);
      const [a, b] = [random.key(), random.key()];
      const [idOfB] = ringOf(b).ids;
      const nodes: AppProcess[] = [];
      for (let node = 0; node < NODES; node++) nodes.push(await rollout.start(node, { SECRET_KEY: a }));
      const traffic = new Traffic(nodes, random);
      const running = [traffic.run(), traffic.run()];
      const rollOut = async (keys: Keys) => {
        for (const [node, process] of nodes.entries()) {
          nodes[node] = await rollout.replace(node, keys, process);
        }
      };

      await rollOut({ SECRET_KEY: a, SECRET_KEY_FALLBACKS: b });
      await waitFor(`keys=${idOfB}`);
      await rollOut({ SECRET_KEY: b, SECRET_KEY_FALLBACKS: a });
      await waitFor(`signs=${idOfB}`);
      await rollOut({ SECRET_KEY: b });
      for (const node of nodes) await expect.poll(() => node.ask<string[]>('ids')).toEqual([idOfB]);
      await waitFor('settled');
      traffic.end();
      await Promise.all(running);

      console.log(`${traffic.verified} credentials`);
      expect(traffic.refused).toEqual([]);
      expect(traffic.forged).toEqual([]);
      expect(traffic.verified).toBeGreaterThan(100);
    });
  });
});
