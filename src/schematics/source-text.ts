import type ts from 'typescript';
import type { Compiler } from './compiler.js';

/** A text to insert at an offset. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** Applies several insertions. The offsets refer to the original text. */
export function insertInto(text: string, insertions: readonly Insertion[]): string {
  return insertions
    .toSorted((one, other) => other.at - one.at)
    .reduce((result, { at, text: added }) => result.slice(0, at) + added + result.slice(at), text);
}

/** The syntax tree of a file. Undefined if it has a syntax error. */
export function parseSource(compiler: Compiler, text: string): ts.SourceFile | undefined {
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

export function lineEnding(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** Parses JSON with or without a byte order mark, as npm does. */
export function parseJson(text: string): unknown {
  return JSON.parse(text.replace(/^\uFEFF/, ''));
}

/** The import declarations of a file, in order. */
export function importsOf(compiler: Compiler, file: ts.SourceFile): ts.ImportDeclaration[] {
  return file.statements.filter((statement) => compiler.isImportDeclaration(statement));
}

/** The module specifier of an import declaration. */
export function specifierOf(declaration: ts.ImportDeclaration): string {
  return (declaration.moduleSpecifier as ts.StringLiteral).text;
}

/** The values that a file imports from a package: local name to exported name. */
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
