import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs once per test run, for any suites. Specs that start a separate process run what a user runs: the built
 * package and the compiled example.
 */
export default function setup(): (() => void) | undefined {
  // The caller has run other suites before, which built all this.
  if (process.env['POSTGRES_TEMPLATES'] !== undefined) return undefined;
  const templates = join(tmpdir(), `postgres-templates-${randomUUID()}`);
  mkdirSync(templates, { mode: 0o700 });
  process.env['POSTGRES_TEMPLATES'] = templates;
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  // As npm run build does.
  compile('typescript', 'tsconfig.build.json');
  execFileSync(process.execPath, ['bundle.js'], { cwd: root, stdio: 'inherit' });
  // TypeScript 7 writes the same JavaScript in a quarter of the time.
  compile('typescript-native', 'test/fixtures/tsconfig.json');
  return () => rmSync(templates, { recursive: true, force: true });
}

function compile(typescript: string, project: string): void {
  const compiler = join(root, 'node_modules', typescript, 'bin/tsc');
  // npm run typecheck checks the types, which takes longer than the rest of this setup.
  execFileSync(process.execPath, [compiler, '-p', project, '--noCheck'], { cwd: root, stdio: 'inherit' });
}
