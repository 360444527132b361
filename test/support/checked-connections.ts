import { vi } from 'vitest';
import { check } from '../../src/cli/check.command.js';
import type { CheckReport } from '../../src/cli/check.report.js';
import { SECRET_KEY } from './keys.js';

export type CheckedReport = CheckReport & { readonly ok: boolean; readonly output: string };

/** Runs `check --connect` in this process, and returns its report. */
export async function checkConnect(
  env: Readonly<Record<string, string>>,
  ...options: readonly string[]
): Promise<CheckedReport> {
  const all = { NODE_ENV: 'production', SECRET_KEY, CACHE_NAMESPACE: 'checked', ...env };
  for (const [name, value] of Object.entries(all)) vi.stubEnv(name, value);
  const values = { connect: true, json: true, ...Object.fromEntries(options.map((name) => [name, true])) };
  try {
    const { output, ok } = await check.run({ values, positionals: [] });
    return { ...(JSON.parse(output) as CheckReport), ok, output };
  } finally {
    vi.unstubAllEnvs();
  }
}

/** The facts behind a setting. */
export function factsOf({ connections = [] }: CheckedReport, name: string): Readonly<Record<string, string>> {
  return connections.find((connection) => connection.name === name)?.facts ?? {};
}
