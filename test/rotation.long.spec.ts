import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { Test } from '@nestjs/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { KeyMetrics, KeyRing, ProductionConfigModule } from 'nestjs-production-config';
import { AppProcess } from './support/app-process.js';
import { ringOf } from './support/fleet.ring.js';
import { KeyFiles, type Keys, textsOf, Traffic } from './support/key-rollout.js';
import { Random } from './support/random.js';

const NODES = 6;
const ROTATIONS = Number(process.env['ROTATIONS'] ?? 3);
/** Long enough for rollouts that are late, and repeated. */
const MAX_MS = 300_000 + ROTATIONS * 60_000;

/** How the nodes of a fleet get other keys. */
interface Rollout {
  /** The least time that it takes. */
  readonly takes: number;
  start(node: number, keys: Keys): Promise<AppProcess>;
  /** Gives a node other keys; resolves once it has them. */
  replace(node: number, keys: Keys, process: AppProcess): Promise<AppProcess>;
}

/** Replaces each process by one that has the keys in its environment. */
const restarts: Rollout = {
  takes: 1_000,
  start: (_node, keys) => AppProcess.start({ ...keys }, 'key-node'),
  replace: (node, keys) => restarts.start(node, keys),
};

/** Replaces the files of each process, which keeps running. */
function liveFiles(): Rollout {
  const files = new KeyFiles();
  return {
    takes: 6_000,
    start: (node, keys) => AppProcess.start(files.first(node, keys), 'key-node'),
    async replace(node, keys, process) {
      files.write(node, keys);
      const wanted = ringOf(...textsOf(keys)).ids.toSorted();
      while (!isDeepStrictEqual((await process.ask<string[]>('ids')).toSorted(), wanted)) await delay(50);
      return process;
    },
  };
}

/** A fleet under traffic whose key is replaced again and again. */
class Fleet {
  private constructor(
    private readonly rollout: Rollout,
    private readonly nodes: AppProcess[],
    private readonly random: Random,
    private key: string,
    /** How long the last rollout took. */
    private lastMs: number,
  ) {}

  static async start(rollout: Rollout): Promise<Fleet> {
    const random = new Random(1);
    const key = random.key();
    const began = Date.now();
    const starting = Array.from({ length: NODES }, (_, node) => rollout.start(node, { SECRET_KEY: key }));
    return new Fleet(rollout, await Promise.all(starting), random, key, Date.now() - began);
  }

  async rotate() {
    const [old, next] = [this.key, this.random.key()];
    const traffic = new Traffic(this.nodes, this.random);
    const running = [traffic.run(), traffic.run()];
    const began = Date.now();
    // The rollout has to end before that, also on a slow machine.
    const time = began + 2 * Math.max(this.rollout.takes, this.lastMs);
    await this.rollOut({
      SECRET_KEY: `since=${new Date(time).toISOString()};${next}`,
      SECRET_KEY_FALLBACKS: old,
    });
    const isInTime = Date.now() < time;
    this.lastMs = Date.now() - began;
    await delay(Math.max(0, time - Date.now()));
    for (const node of this.nodes)
      await expect.poll(() => node.ask<string[]>('ids'), { timeout: 60_000 }).toEqual(ringOf(next, old).ids);
    await delay(300);
    traffic.end();
    await Promise.all(running);
    this.key = next;
    return { isInTime, ...traffic };
  }

  private rollOut(keys: Keys) {
    return Promise.all(
      this.nodes.map(async (process, node) => {
        await delay(this.random.below(1_000));
        const next = await this.rollout.replace(node, keys, process);
        this.nodes[node] = next;
        if (next !== process) await process.kill();
      }),
    );
  }
}

describe.each([
  ['restarts', () => restarts],
  ['live files', liveFiles],
] as const)('a key that signs from a time on, rolled out once by %s to six processes', (_name, rollout) => {
  it(
    'replaces the old key without refusing a credential or accepting a forged one',
    async () => {
      let [done, late, verified] = [0, 0, 0];
      const fleet = await Fleet.start(rollout());
      while (done < ROTATIONS) {
        const { isInTime, ...seen } = await fleet.rotate();
        expect(seen.forged).toEqual([]);
        // A machine that is too slow to finish the rollout before the time breaks the rule.
        if (!isInTime) {
          expect(++late).toBeLessThan(10);
          continue;
        }
        done++;
        verified += seen.verified;
        expect(seen.refused, `rotation ${done}`).toEqual([]);
      }
      console.log(`${done} rotations, ${verified} credentials, ${late} rollouts not in time`);
      expect(verified).toBeGreaterThan(100 * ROTATIONS);
    },
    MAX_MS,
  );
});

describe('a thousand replacements of key files at 50 ms', () => {
  const COUNT = 1_000;

  it('never lead to keys that do not belong together, nor to an open file', async () => {
    const root = mkdtempSync(join(tmpdir(), 'keys-'));
    onTestFinished(() => rmSync(root, { recursive: true }));
    const random = new Random(1);
    const keys = Array.from({ length: COUNT + 1 }, () => random.key());
    const pairs = new Set<string>();
    for (let index = 1; index <= COUNT; index++) {
      const [key, fallback] = [keys[index]!, keys[index - 1]!];
      mkdirSync(join(root, `..v${index}`));
      writeFileSync(join(root, `..v${index}`, 'SECRET_KEY'), key);
      writeFileSync(join(root, `..v${index}`, 'SECRET_KEY_FALLBACKS'), fallback);
      pairs.add(ringOf(key, fallback).ids.join());
    }
    const swap = (index: number) => {
      symlinkSync(`..v${index}`, join(root, '..next'));
      renameSync(join(root, '..next'), join(root, '..data'));
    };
    swap(1);
    for (const file of ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'])
      symlinkSync(join('..data', file), join(root, file));
    // Files that were just written are not adopted.
    await delay(3_000);

    const apps = await Promise.all(Array.from({ length: 10 }, () => startReloading(root)));
    const torn: string[] = [];
    for (const app of apps) {
      const ring = app.get(KeyRing);
      ring.onChange(() => {
        if (!pairs.has(ring.ids.join())) torn.push(ring.ids.join());
      });
    }
    const descriptors = () => readdirSync('/proc/self/fd').length;
    const before = descriptors();
    for (let index = 2; index <= COUNT; index++) {
      swap(index);
      // What has not stayed the same for 2.5 s is not adopted.
      await delay(index % 50 === 0 ? 5_000 : 50);
    }
    const last = ringOf(keys[COUNT]!, keys[COUNT - 1]!).ids;
    for (const app of apps) await expect.poll(() => app.get(KeyRing).ids).toEqual(last);
    const adopted = apps.map((app) => app.get(KeyMetrics).snapshot().adopted);
    const refused = apps.map((app) => app.get(KeyMetrics).snapshot().refused);
    console.log(`adopted ${adopted.join(', ')}`);
    expect(torn).toEqual([]);
    expect(refused).toEqual(apps.map(() => 0));
    expect(Math.min(...adopted)).toBeGreaterThan(10);
    expect(descriptors()).toBeLessThanOrEqual(before);
    unlinkSync(join(root, '..data'));
  });

  async function startReloading(path: string) {
    const env = { NODE_ENV: 'production', SECRET_KEY_RELOAD_SECONDS: '1', SECRETS_DIR: path };
    const app = await Test.createTestingModule({
      imports: [ProductionConfigModule.forRoot({ env })],
    }).compile();
    await app.init();
    onTestFinished(() => app.close());
    return app;
  }
});
