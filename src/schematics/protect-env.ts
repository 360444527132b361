import { chmodSync } from 'node:fs';

/** What runs once `.env` is on disk: the engine's tree knows no modes, and gives every account access to a new file. */
export function protectEnv() {
  return (): void => chmodSync('.env', 0o600);
}
