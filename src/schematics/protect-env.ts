import { chmodSync } from 'node:fs';

/** Runs once `.env` is on disk: the engine's tree has no file modes, so new files are readable by every account. */
export function protectEnv() {
  return (): void => chmodSync('.env', 0o600);
}
