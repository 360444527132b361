import { vi } from 'vitest';
import { check } from '../../src/cli/check.command.js';
import type { CheckReport } from '../../src/cli/check.report.js';
import { SECRET_KEY } from './keys.js';

type Env = Readonly<Record<string, string>>;

export type CheckedReport = CheckReport & { readonly ok: boolean; readonly output: string };

/** Runs `check --connect` in this process, and returns its report. */
export async function checkConnect(env: Env, ...options: readonly string[]): Promise<CheckedReport> {
  const { output, ok } = await runCheck(env, ['json', ...options]);
  return { ...(JSON.parse(output) as CheckReport), ok, output };
}

/** What `check --connect` prints for people. */
export async function connectText(env: Env): Promise<string> {
  return (await runCheck(env, [])).output;
}

async function runCheck(env: Env, options: readonly string[]) {
  const all = { NODE_ENV: 'production', SECRET_KEY, CACHE_NAMESPACE: 'checked', ...env };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const values = Object.fromEntries(['connect', ...options].map((name) => [name, true]));
  try {
    return await check.run({ values, positionals: [] });
  } finally {
    vi.unstubAllEnvs();
  }
}

/** The facts behind a setting. */
export function factsOf({ connections = [] }: CheckedReport, name: string): Readonly<Record<string, string>> {
  return connections.find((connection) => connection.name === name)?.facts ?? {};
}
