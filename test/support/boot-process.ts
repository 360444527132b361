import { expect } from 'vitest';
import { SECRET_KEY } from './keys.js';
import { type Ended, run } from './run.js';

/** The first line of the report without a SECRET_KEY. */
export const REPORT = 'Configuration rejected: 1 problem (ProductionConfig)';

/** Its fix on a line of its own. */
export const FIX =
  '                -> set SECRET_KEY, or SECRET_KEY_FILE to a mounted secret; make one: npx nestjs-production-config keygen\n';
export const RED_NAME = '\u001b[31mSECRET_KEY    \u001b[39mis missing';

/** Starts a service in one of the ways of `fixtures/boot.app.ts`. */
export function boot(way: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  return run('.build/test/fixtures/boot.app.js', { args: [way], env });
}

export async function expectFailedBoot(way: string): Promise<void> {
  const { code, stdout, stderr } = await boot(way);
  expect(code).not.toBe(0);
  expect((stdout + stderr).split(REPORT)).toHaveLength(2);
  expect(stderr).toContain('SECRET_KEY    is missing');
  expect(stderr).toContain('-> set SECRET_KEY');
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stdout).not.toContain('listening');
}

export async function expectStart(way: string): Promise<void> {
  const { code, stdout } = await boot(way, { SECRET_KEY, NODE_ENV: 'production' });
  expect(stdout).toContain('listening');
  expect(code).toBe(0);
}
