import ts from 'typescript';
import { inMemory, programOf } from './type-program.js';

/** The compiler errors of an object under a type of the Kubernetes API, such as the Deployment of apps/v1. */
export function manifestErrors(manifest: object, kind: string, apiVersion: string): readonly string[] {
  // The package calls networking.k8s.io/v1 networking/v1.
  const group = (apiVersion.includes('/') ? apiVersion : `core/${apiVersion}`).replace('.k8s.io', '');
  const path = inMemory(kind);
  const source = `import type { ${kind} } from 'kubernetes-types/${group}.js';
    export const manifest: ${kind} = ${JSON.stringify(manifest)};`;
  const program = programOf(new Map([[path, source]]));
  return ts
    .getPreEmitDiagnostics(program, program.getSourceFile(path))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}
