import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach } from 'vitest';

/** Gives each test of a file an empty working directory of its own, so that names are relative as in a project. */
export function useOwnFolders(): void {
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'own-folders-')));
  const home = process.cwd();
  beforeEach(() => process.chdir(mkdtempSync(join(root, 'at-'))));
  afterEach(() => process.chdir(home));
  afterAll(() => rmSync(root, { recursive: true }));
}
