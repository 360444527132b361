import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Once for a run, whichever suites it is of. Specs that start a process of their own run what a user would: the built
 * package, the compiled example.
 */
export default function setup(): (() => void) | undefined {
  if (process.env['POSTGRES_TEMPLATES'] !== undefined) return undefined;
  const templates = join(tmpdir(), `postgres-templates-${randomUUID()}`);
  mkdirSync(templates, { mode: 0o700 });
  process.env['POSTGRES_TEMPLATES'] = templates;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  compile('tsconfig.build.json');
  compile('test/fixtures/tsconfig.json');
  return () => rmSync(templates, { recursive: true, force: true });
}

function compile(project: string): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  // Types are checked by npm run typecheck, which takes longer than all the rest of this.
  execFileSync(process.execPath, [compiler, '-p', project, '--noCheck'], { cwd: root, stdio: 'inherit' });
}
