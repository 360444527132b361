import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import type { Block } from './markdown.js';
import { ROOT } from './run.js';
import { programOf } from './type-program.js';

const FIXTURES = join(ROOT, 'test/fixtures/docs');
const PACKAGES = join(FIXTURES, 'packages.d.ts');

/** The compiler errors of each TypeScript block, compiled in one program. */
export function compiledBlocks(blocks: readonly Block[]): (block: Block) => readonly string[] {
  const sources = new Map(blocks.map((block) => [pathOf(block), sourceOf(block)]));
  const program = programOf(new Map([...sources, [PACKAGES, readFileSync(PACKAGES, 'utf8')]]));
  return (block) => {
    const file = program.getSourceFile(pathOf(block));
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText, start = 0 }) => {
      const at = sources.get(pathOf(block))!.slice(start).split('\n', 1)[0]!;
      return `${ts.flattenDiagnosticMessageText(messageText, '\n')}   at: ${at}`;
    });
  };
}

/** A block that starts with `// src/x.ts` is that file for the other blocks of its page. */
function pathOf({ page, line, code }: Block): string {
  const name = /^\/\/ ([\w./-]+\.ts)\n/.exec(code)?.[1] ?? `${basename(page, '.ts')}-${line}.ts`;
  return join(FIXTURES, nameOf(page), name);
}

/** The name of the fixture of a page; all examples in the sources share one. */
function nameOf(page: string): string {
  return page.endsWith('.md') ? basename(page, '.md').toLowerCase() : 'reference';
}

/** The block after its preamble: the declarations that this page and every page assume. */
function sourceOf({ page, code }: Block): string {
  const block = isModule(code) ? code : asMembers(code);
  return [`${nameOf(page)}.d.ts`, 'every-page.d.ts']
    .map((name) => join(FIXTURES, name))
    .filter((path) => existsSync(path))
    .reduce((source, path) => `${neededOf(readFileSync(path, 'utf8'), source, code)}\n${source}`, block);
}

function isModule(code: string): boolean {
  const { diagnostics } = ts.transpileModule(code, {
    reportDiagnostics: true,
    compilerOptions: { experimentalDecorators: true, target: ts.ScriptTarget.ES2023 },
  });
  return diagnostics?.length === 0;
}

/** Wraps members in the class `Fragment`, whose other members the page's fixture declares. */
function asMembers(code: string): string {
  const imports = /^import .*;\n/gm;
  const before = [...code.matchAll(imports)].join('');
  return `${before}class Fragment {\n${code.replaceAll(imports, '')}}\nexport { Fragment };\n`;
}

/** The preamble without names that the source declares, and without modules that the block imports. */
function neededOf(preamble: string, source: string, block: string): string {
  const names = new Set(statementsOf(source).filter(isUnmerged).flatMap(namesOf));
  const modules = new Set(statementsOf(block).filter(ts.isImportDeclaration).map(moduleOf));
  const isFree = (statement: ts.Statement) =>
    !isUnmerged(statement) || !namesOf(statement).some((name) => names.has(name));
  const needed = statementsOf(preamble).map((statement) => {
    const specifiers = ts.isImportDeclaration(statement) ? specifiersOf(statement) : [];
    if (specifiers.length === 0) return isFree(statement) ? statement.getText() : '';
    const from = moduleOf(statement as ts.ImportDeclaration);
    const free = specifiers.filter(({ name }) => !names.has(name.text) && !modules.has(from));
    return `import { ${free.map((specifier) => specifier.getText()).join(', ')} } from '${from}';`;
  });
  return needed.join('\n');
}

/** A preamble and a block can both declare members of `Fragment`. */
function isUnmerged(statement: ts.Statement): boolean {
  return !ts.isInterfaceDeclaration(statement) || statement.name.text !== 'Fragment';
}

function statementsOf(source: string): readonly ts.Statement[] {
  return ts.createSourceFile('source.ts', source, ts.ScriptTarget.ES2023, true).statements.slice();
}

function moduleOf({ moduleSpecifier }: ts.ImportDeclaration): string {
  return (moduleSpecifier as ts.StringLiteral).text;
}

function specifiersOf({ importClause }: ts.ImportDeclaration): readonly ts.ImportSpecifier[] {
  const bindings = importClause?.namedBindings;
  return bindings !== undefined && ts.isNamedImports(bindings) ? bindings.elements : [];
}

/** The names that a statement declares in its module. */
function namesOf(statement: ts.Statement): string[] {
  if (ts.isImportDeclaration(statement)) {
    const { importClause } = statement;
    const bindings = importClause?.namedBindings;
    const whole = bindings !== undefined && ts.isNamespaceImport(bindings) ? [bindings] : [];
    return [importClause, ...whole, ...specifiersOf(statement)].flatMap((clause) => clause?.name?.text ?? []);
  }
  if (ts.isVariableStatement(statement)) {
    return statement.declarationList.declarations.flatMap(({ name }) => bindingNames(name));
  }
  return 'name' in statement ? [(statement.name as ts.Identifier).text] : [];
}

function bindingNames(name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isOmittedExpression(element) ? [] : bindingNames(element.name),
  );
}
