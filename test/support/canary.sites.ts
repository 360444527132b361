import { afterAll, expect } from 'vitest';
import { canariesIn } from './canary.js';
import { Site } from './canary.environment.js';
import type { Outputs } from './canary.outputs.js';
import { run } from './run.js';

/** Names what shows a canary. All outputs are searched at once, because nearly always there is nothing to find. */
export function expectNoCanary(outputs: Outputs, canaries: readonly string[]): void {
  if (canariesIn([...new Set(outputs.values())], canaries).length === 0) return;
  const leaking = [...outputs].filter(([, output]) => canariesIn(output, canaries).length > 0);
  expect.fail(leaking.map(([what, output]) => `${what}: ${String(output).slice(0, 500)}`).join('\n'));
}

/** Runs a script where the site is, with its variables and none of this process's. */
export function runAt(
  { folder, env }: Site,
  script: string,
  args: readonly string[],
  node: readonly string[] = [],
) {
  // No process can be handed a NUL.
  const handed = Object.entries(env).filter(([, value]) => !value.includes('\0'));
  return run(script, { args, env: Object.fromEntries(handed), node, cwd: folder });
}

/** Removed when the specs of the file have ended. */
const sites: Site[] = [];
afterAll(() => sites.forEach((site) => site.remove()));

export function newSite(): Site {
  const site = new Site(Math.floor(Math.random() * 2 ** 32));
  sites.push(site);
  return site;
}

/** Starts what refuses its environment, and looks for secrets in what it says. */
export async function expectSilentFailure(site: Site, way: string, node?: readonly string[]): Promise<void> {
  const { code, ...streams } = await runAt(site, '.build/test/fixtures/leaks/boot.app.js', [way], node);
  expect(code, streams.stderr).not.toBe(0);
  expect(streams.stdout + streams.stderr).toMatch(/Configuration rejected|cannot be frozen/);
  expectNoCanary(new Map(Object.entries(streams)), site.canaries);
}
