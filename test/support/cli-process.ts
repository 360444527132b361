import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { SECRET_KEY } from './keys.js';
import { type Ended, ROOT, run } from './run.js';

export type Env = Readonly<Record<string, string>>;

/** What `check --json` prints. */
export interface Report {
  readonly config: string;
  readonly settings: { name: string; state: string; origin: string; value?: unknown; about: string }[];
  readonly problems: { name: string; code: string; message: string; fix?: string }[];
  readonly warnings: { id: string; name?: string; message: string; fix?: string }[];
  readonly silenced: { id: string; reason: string }[];
  readonly unusedSilences: string[];
}

export const configFile = (name: string) => join(ROOT, '.build/test/fixtures/cli', `${name}.config.js`);
export const SERVICE = ['--config', configFile('service')];
export const UNKNOWN_SILENCE = ['check', ...SERVICE, '--silence', 'node-evn=x'];
export const FINE: Env = { NODE_ENV: 'production', SECRET_KEY, STRIPE_KEY: 'sk_live_canary_0123456789' };

/** Runs the command in a folder of the spec file, which is removed at its end. */
export function useCommand() {
  const folder = mkdtempSync(join(tmpdir(), 'cli-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  const command = (args: readonly string[], env: Env = {}, node: readonly string[] = []) =>
    run('dist/cli/main.js', { args, env, node, cwd: folder });

  const runs = new Map<string, Promise<Ended>>();

  /** Like command(), but runs once for all tests that look at the same arguments and environment. */
  const sharedRun = (args: readonly string[], env: Env = {}, node: readonly string[] = []) => {
    const key = JSON.stringify([args, env, node]);
    const earlier = runs.get(key) ?? command(args, env, node);
    runs.set(key, earlier);
    return earlier;
  };

  /** A check without --config takes half the time, because it does not import Nest. */
  const checkJson = async (env: Env, args: readonly string[] = SERVICE, node: readonly string[] = []) => {
    const { code, stdout, stderr } = await sharedRun(['check', '--json', ...args], env, node);
    expect(stderr).toBe('');
    return { code, report: JSON.parse(stdout) as Report };
  };

  return { folder, command, sharedRun, checkJson };
}
