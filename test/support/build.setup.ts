import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = (path: string) => fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url));

/** Specs that start a process of their own run what a user would: the built package, the compiled example. */
export default function build(): void {
  run(bin('@nestjs/cli/bin/nest.js'), 'build');
  run(bin('typescript/bin/tsc'), '-p', 'test/fixtures/tsconfig.json');
}

function run(script: string, ...args: string[]): void {
  execFileSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' });
}
