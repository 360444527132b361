import { createRequire } from 'node:module';
import { join } from 'node:path';
import type ts from 'typescript';

export type Compiler = typeof ts;

/**
 * TypeScript as the project has it, or else as the Nest CLI has it: version 7 brings no compiler API. Undefined where
 * neither can parse.
 */
export function compilerOf(root: string): Compiler | undefined {
  const project = join(root, 'package.json');
  for (const from of [project, resolved(project, '@nestjs/cli/package.json'), process.argv[1]]) {
    const compiler = from === undefined ? undefined : loaded(from);
    if (typeof compiler?.createSourceFile === 'function') return compiler;
  }
  return undefined;
}

function resolved(from: string, name: string): string | undefined {
  try {
    return createRequire(from).resolve(name);
  } catch {
    return undefined;
  }
}

function loaded(from: string): Compiler | undefined {
  try {
    return createRequire(from)('typescript') as Compiler;
  } catch {
    return undefined;
  }
}
