import type ts from 'typescript';
import type { Compiler } from './compiler.js';

/** A text that goes into a file at an offset. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Several insertions at once; the offsets are those of the text as it is. */
export function inserted(text: string, insertions: readonly Insertion[]): string {
  return insertions
    .toSorted((one, other) => other.at - one.at)
    .reduce((result, { at, text: added }) => result.slice(0, at) + added + result.slice(at), text);
}

/** The tree of a file; undefined when it has an error of syntax. */
export function parsed(compiler: Compiler, text: string): ts.SourceFile | undefined {
  const { diagnostics = [] } = compiler.transpileModule(text, {
    fileName: 'source.ts',
    reportDiagnostics: true,
    compilerOptions: {
      target: compiler.ScriptTarget.ESNext,
      module: compiler.ModuleKind.ESNext,
      experimentalDecorators: true,
    },
  });
  if (diagnostics.some(({ file }) => file !== undefined)) return undefined;
  return compiler.createSourceFile('source.ts', text, compiler.ScriptTarget.Latest, true);
}

/** The line ending of a text. */
export function lineEnding(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** What a file of JSON holds, byte order mark or not, as npm reads it. */
export function parsedJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

/** The import declarations of a file, in order. */
export function importsOf(compiler: Compiler, file: ts.SourceFile): ts.ImportDeclaration[] {
  return file.statements.filter((statement) => compiler.isImportDeclaration(statement));
}

/** What an import declaration imports from. */
export function specifierOf(declaration: ts.ImportDeclaration): string {
  return (declaration.moduleSpecifier as ts.StringLiteral).text;
}

/** The names that a file gives to the values it imports from a package: local name to exported name. */
export function importedNames(compiler: Compiler, file: ts.SourceFile, from: string): Map<string, string> {
  const bindings = importsOf(compiler, file)
    .filter((declaration) => specifierOf(declaration) === from)
    .map(({ importClause }) => (importClause?.isTypeOnly === true ? undefined : importClause?.namedBindings));
  const names = bindings.flatMap((binding) =>
    binding !== undefined && compiler.isNamedImports(binding) ? [...binding.elements] : [],
  );
  const values = names.filter(({ isTypeOnly }) => !isTypeOnly);
  return new Map(values.map(({ name, propertyName }) => [name.text, (propertyName ?? name).text]));
}
