import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Specs that start a process of their own run what a user would: the built package, the compiled example. */
export default function build(): void {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  compile('tsconfig.build.json');
  compile('test/fixtures/tsconfig.json');
}

function compile(project: string): void {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  // Types are checked by npm run typecheck, which takes longer than all the rest of this.
  execFileSync(process.execPath, [compiler, '-p', project, '--noCheck'], { cwd: root, stdio: 'inherit' });
}
