import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';

export type Compiler = typeof ts;

/**
 * The project's TypeScript, or else that of the Nest CLI: version 7 has no compiler API. Undefined if neither has one.
 */
export function compilerOf(root: string): Compiler | undefined {
  const project = join(root, 'package.json');
  for (const from of [project, tryResolve(project, '@nestjs/cli/package.json'), process.argv[1]]) {
    const compiler = from === undefined ? undefined : tryLoad(from);
    if (typeof compiler?.createSourceFile === 'function') return compiler;
  }
  return undefined;
}

function tryResolve(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

function tryLoad(from: string): Compiler | undefined {
  try {
    return createRequire(from)('typescript') as Compiler;
  } catch {
    return undefined;
  }
}
