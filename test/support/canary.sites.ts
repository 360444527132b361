import { afterAll, expect } from 'vitest';
import { canariesIn } from './canary.js';
import { Site } from './canary.environment.js';
import type { Outputs } from './canary.outputs.js';
import { run } from './run.js';

/** Reports the outputs that contain a canary. All outputs are searched together, because a match is rare. */
export function expectNoCanary(outputs: Outputs, canaries: readonly string[]): void {
  if (canariesIn([...new Set(outputs.values())], canaries).length === 0) return;
  const leaking = [...outputs].filter(([, output]) => canariesIn(output, canaries).length > 0);
  expect.fail(leaking.map(([what, output]) => `${what}: ${String(output).slice(0, 500)}`).join('\n'));
}

/** Runs a script in the folder of the site, with only its environment variables. */
export function runAt(
  { folder, env }: Site,
  script: string,
  args: readonly string[],
  node: readonly string[] = [],
) {
  // An environment variable cannot contain NUL.
  const handed = Object.entries(env).filter(([, value]) => !value.includes('\0'));
  return run(script, { args, env: Object.fromEntries(handed), node, cwd: folder });
}

/** These sites are removed after the tests of the file. */
const sites: Site[] = [];
afterAll(() => sites.forEach((site) => site.remove()));

export function newSite(): Site {
  const site = new Site(Math.floor(Math.random() * 2 ** 32));
  sites.push(site);
  return site;
}

/** Starts a process that refuses its environment, and searches its output for secrets. */
export async function expectSilentFailure(
  site: Site,
  way: string,
  node?: readonly string[],
): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const { code, ...streams } = await runAt(site, '.build/test/fixtures/leaks/boot.app.js', [way], node);
  expect(code, streams.stderr).not.toBe(0);
  expect(streams.stdout + streams.stderr).toMatch(/Configuration rejected|cannot be frozen/);
  expectNoCanary(new Map(Object.entries(streams)), site.canaries);
  return streams;
}
