import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Registry } from 'prom-client';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import Joi from 'joi';
import {
  KeyMetrics,
  KeyRing,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
} from 'nestjs-production-config';
import { ringOf } from './support/fleet.ring.js';
import { OTHER_KEYS, SECRET_KEY as A } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';

const [B, C] = OTHER_KEYS;

const idsOf = (...keys: string[]) => [...ringOf(...keys).ids];

afterEach(() => {
  Logger.overrideLogger(false);
});

/** A directory of secrets as Kubernetes mounts it: a symbolic link to the current version is replaced at once. */
class MountedSecrets {
  readonly path = mkdtempSync(join(tmpdir(), 'keys-'));
  private version = 0;

  constructor(files: Readonly<Record<string, string>>) {
    onTestFinished(() => rmSync(this.path, { recursive: true }));
    this.replace(files);
  }

  replace(files: Readonly<Record<string, string>>): void {
    const name = `..v${this.version++}`;
    mkdirSync(join(this.path, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(this.path, name, file), text);
    symlinkSync(name, join(this.path, '..next'));
    renameSync(join(this.path, '..next'), join(this.path, '..data'));
    const listed = readdirSync(this.path).filter((entry) => !entry.startsWith('..'));
    for (const file of listed.filter((entry) => !(entry in files))) rmSync(join(this.path, file));
    for (const file of Object.keys(files).filter((entry) => !listed.includes(entry)))
      symlinkSync(join('..data', file), join(this.path, file));
  }
}

const ENV = { NODE_ENV: 'production', SECRET_KEY_RELOAD_SECONDS: '1' };

/** Without an environment, that of the process. */
async function start(env: Readonly<Record<string, string>> | undefined, config = ProductionConfig) {
  const logger = new RecordingLogger();
  const testing = await Test.createTestingModule({
    imports: [
      ProductionConfigModule.forRoot({ config, ...(env === undefined ? {} : { env: { ...ENV, ...env } }) }),
    ],
  })
    .setLogger(logger)
    .compile();
  await testing.init();
  onTestFinished(() => testing.close());
  const ring = testing.get(KeyRing);
  const lines = (level: string) =>
    logger
      .of(level)
      .flatMap((text) => (text.endsWith(' KeyRing') ? [text.slice(0, -' KeyRing'.length)] : []));
  return { testing, ring, metrics: testing.get(KeyMetrics), lines };
}

const ids = (ring: KeyRing) => expect.poll(() => [...ring.ids]);

describe('a ring with SECRET_KEY_RELOAD_SECONDS', () => {
  it('adopts key files that Kubernetes replaces, and a fallback that is added or removed', async () => {
    const secrets = new MountedSecrets({ SECRET_KEY: A });
    const { ring, metrics, lines } = await start({ SECRETS_DIR: secrets.path });
    const signature = ring.sign('invitation', 'ada');
    secrets.replace({ SECRET_KEY: B, SECRET_KEY_FALLBACKS: `${A}\n` });
    await ids(ring).toEqual(idsOf(B, A));
    expect(ring.verify('invitation', 'ada', signature)).toBe('stale');
    secrets.replace({ SECRET_KEY: B });
    await ids(ring).toEqual(idsOf(B));
    expect(ring.verify('invitation', 'ada', signature)).toBe(false);
    const verified = Object.fromEntries(ring.ids.map((id) => [id, 0]));
    expect(metrics.snapshot()).toEqual({
      current: ring.current.id,
      ids: ring.ids,
      verified,
      adopted: 2,
      refused: 0,
    });
    expect(lines('log')).toContainEqual(
      `Changed key files are adopted: ${idsOf(B)[0]} signs, ${idsOf(B, A).join(', ')} verify`,
    );
    expect(lines('warn')).toEqual([]);
  });

  it('adopts files that are renamed into place, named by SECRET_KEY_FILE', async () => {
    const { path } = new MountedSecrets({ first: A, others: C });
    const env = { SECRET_KEY_FILE: join(path, 'first'), SECRET_KEY_FALLBACKS_FILE: join(path, 'others') };
    const { ring } = await start(env);
    expect(ring.ids).toEqual(idsOf(A, C));
    for (const [file, text] of [
      ['others', A],
      ['first', B],
    ] as const) {
      writeFileSync(join(path, 'new'), text);
      renameSync(join(path, 'new'), join(path, file));
    }
    await ids(ring).toEqual(idsOf(B, A));
  });

  it('adopts a fallback that is added beside a key with the name of an alias', async () => {
    class Aliased extends ProductionConfig {
      @Secret({ alias: ['APP_KEY'] })
      declare readonly SECRET_KEY: string;
    }
    const path = mkdtempSync(join(tmpdir(), 'alias-'));
    writeFileSync(join(path, 'APP_KEY'), A);
    const { ring } = await start({ SECRETS_DIR: path }, Aliased);
    // The first look always reads the files.
    await sleep(4_000);
    writeFileSync(join(path, 'SECRET_KEY_FALLBACKS'), C);
    await ids(ring).toEqual(idsOf(A, C));
  });

  it('keeps its keys while the files are wrong, counts and names that once, and adopts the corrected ones', async () => {
    const secrets = new MountedSecrets({ SECRET_KEY: A });
    const { ring, metrics, lines } = await start({ SECRETS_DIR: secrets.path });
    const mistakes: readonly (readonly [files: Record<string, string>, reason: string])[] = [
      [{ SECRET_KEY: 'weak' }, 'SECRET_KEY is too short'],
      [{ SECRET_KEY_FALLBACKS: A }, 'SECRET_KEY is missing'],
      [{ SECRET_KEY: `since=2999-01-01T00:00Z;${B}` }, 'SECRET_KEY signs from 2999'],
    ];
    for (const [index, [files, reason]] of mistakes.entries()) {
      secrets.replace(files);
      await expect.poll(() => metrics.snapshot().refused).toBe(index + 1);
      expect(lines('warn').at(-1)).toContain(
        `Changed key files are refused, and the previous keys stay in use: ${reason}`,
      );
      expect(ring.ids).toEqual(idsOf(A));
    }
    // Two more looks at files that stay wrong.
    await sleep(2_500);
    expect(lines('warn')).toHaveLength(mistakes.length);
    expect(JSON.stringify(lines('warn'))).not.toMatch(/weak|Wq3n/);
    secrets.replace({ SECRET_KEY: B, SECRET_KEY_FALLBACKS: A });
    await ids(ring).toEqual(idsOf(B, A));
  });

  it('adopts a key before its time, and lets it sign when that has come', async () => {
    const secrets = new MountedSecrets({ SECRET_KEY: A });
    const { ring } = await start({ SECRETS_DIR: secrets.path });
    const time = new Date(Date.now() + 8_000).toISOString();
    secrets.replace({ SECRET_KEY: `since=${time};${B}`, SECRET_KEY_FALLBACKS: A });
    await ids(ring).toEqual(idsOf(A, B));
    await ids(ring).toEqual(idsOf(B, A));
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(time));
  });

  it('keeps its keys if a rule of the application throws, or lets a malformed time through', async () => {
    class OwnRules extends ProductionConfig {
      @Secret(
        Joi.string().custom((text: string) => {
          if (text === 'throws') throw new Error(text);
          return text;
        }),
      )
      declare readonly SECRET_KEY: string;
    }
    const secrets = new MountedSecrets({ SECRET_KEY: A });
    const { ring, metrics, lines } = await start({ SECRETS_DIR: secrets.path }, OwnRules);
    secrets.replace({ SECRET_KEY: 'throws' });
    await expect.poll(() => metrics.snapshot().refused).toBe(1);
    secrets.replace({ SECRET_KEY: `since=2027-13-31T00:00Z;${B}` });
    await expect.poll(() => metrics.snapshot().refused).toBe(2);
    expect(lines('warn').join('\n')).toContain('a key that begins with since= must have the form');
    expect(ring.ids).toEqual(idsOf(A));
  });

  it('reads what the environment named at the boot, and reports a time that was moved', async () => {
    const secrets = new MountedSecrets({
      SECRET_KEY: `since=2998-01-01T00:00Z;${B}`,
      SECRET_KEY_FALLBACKS: A,
    });
    for (const [name, value] of Object.entries({ ...ENV, SECRETS_DIR: secrets.path }))
      vi.stubEnv(name, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    const { metrics, lines } = await start(undefined);
    vi.unstubAllEnvs();
    secrets.replace({ SECRET_KEY: `since=2999-01-01T00:00Z;${B}`, SECRET_KEY_FALLBACKS: A });
    await expect.poll(() => metrics.snapshot().adopted).toBe(1);
    expect(lines('log').at(-1)).toMatch(/verify; the next key signs from 2999-01-01T00:00Z on$/);
    expect(lines('warn')).toEqual([]);
  });

  it('does not adopt one of two files that are replaced one after the other', async () => {
    const { path } = new MountedSecrets({ a: A, ab: `${A},${C}`, b: B, none: C });
    const link = (name: string, target: string) => {
      symlinkSync(target, join(path, 'next'));
      renameSync(join(path, 'next'), join(path, name));
    };
    link('SECRET_KEY', 'a');
    link('SECRET_KEY_FALLBACKS', 'none');
    const { ring } = await start({ SECRETS_DIR: path });
    await sleep(3_000);
    const seen: string[] = [];
    ring.onChange(() => seen.push(ring.ids.join()));
    link('SECRET_KEY', 'b');
    await sleep(1_500);
    link('SECRET_KEY_FALLBACKS', 'ab');
    await ids(ring).toEqual(idsOf(B, A, C));
    expect(seen).toEqual([idsOf(B, A, C).join()]);
  });

  it('does not change the configuration, and updates what it has handed out before it calls listeners', async () => {
    const secrets = new MountedSecrets({ SECRET_KEY: A });
    const { ring, testing } = await start({ SECRETS_DIR: secrets.path });
    const list = ring.secrets('session');
    const seen: string[][] = [];
    ring.onChange(() => seen.push([...list]));
    secrets.replace({ SECRET_KEY: B, SECRET_KEY_FALLBACKS: A });
    await expect.poll(() => seen).toEqual([ringOf(B, A).secrets('session')]);
    expect(testing.get(ProductionConfig).SECRET_KEY).toBe(A);
  });

  it('warns that it has no effect if the keys are not in files', async () => {
    const { lines } = await start({ SECRET_KEY: A });
    expect(lines('warn')).toEqual([
      'SECRET_KEY_RELOAD_SECONDS has no effect, because SECRET_KEY is not in a file: mount it as one',
    ]);
  });

  it('no longer looks once the application is closed, nor without the setting', async () => {
    const secrets = new MountedSecrets({ SECRET_KEY: A });
    const [closed, off] = await Promise.all([
      start({ SECRETS_DIR: secrets.path }),
      start({ SECRETS_DIR: secrets.path, SECRET_KEY_RELOAD_SECONDS: '0' }),
    ]);
    const open = await start({ SECRETS_DIR: secrets.path });
    await closed.testing.close();
    secrets.replace({ SECRET_KEY: B });
    await ids(open.ring).toEqual(idsOf(B));
    await sleep(1_500);
    expect([closed.ring.ids, off.ring.ids]).toEqual([idsOf(A), idsOf(A)]);
  });

  it('shows its keys as metrics of prom-client, for all applications of a process', async () => {
    const [one, other] = await Promise.all([
      start({ SECRET_KEY: A }),
      start({ SECRET_KEY: B, SECRET_KEY_FALLBACKS: A }),
    ]);
    const registry = new Registry();
    await one.metrics.register(registry);
    await other.metrics.register(registry);
    const shown = await registry.metrics();
    expect(shown.split('\n').filter((line) => line.startsWith('key_ring'))).toEqual([
      `key_ring_keys{id="${idsOf(A)[0]}",role="signs"} 1`,
      `key_ring_keys{id="${idsOf(B)[0]}",role="signs"} 1`,
      `key_ring_keys{id="${idsOf(A)[0]}",role="verifies"} 1`,
      `key_ring_verified_total{id="${idsOf(A)[0]}"} 0`,
      `key_ring_verified_total{id="${idsOf(B)[0]}"} 0`,
      'key_ring_reloads{result="adopted"} 0',
      'key_ring_reloads{result="refused"} 0',
    ]);
    await one.testing.close();
    expect(await registry.metrics()).not.toContain(`id="${idsOf(A)[0]}",role="signs"`);
    registry.removeSingleMetric('key_ring_keys');
    await other.metrics.register(registry);
    expect(await registry.metrics()).toContain(`id="${idsOf(B)[0]}",role="signs"`);
  });
});
