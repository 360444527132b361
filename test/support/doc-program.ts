import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import ts from 'typescript';
import type { Block } from './markdown.js';
import { ROOT } from './run.js';
import { programOf } from './type-program.js';

const FIXTURES = join(ROOT, 'test/fixtures/docs');

/** What the compiler says of each TypeScript block, all of them in one program. */
export function compiledBlocks(blocks: readonly Block[]): (block: Block) => readonly string[] {
  const sources = new Map(blocks.map((block) => [pathOf(block), sourceOf(block)]));
  const program = programOf(sources);
  return (block) => {
    const file = program.getSourceFile(pathOf(block));
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText, start = 0 }) => {
      const at = sources.get(pathOf(block))!.slice(start).split('\n', 1)[0]!;
      return `${ts.flattenDiagnosticMessageText(messageText, '\n')}   at: ${at}`;
    });
  };
}

/** A block whose first line is `// src/x.ts` is that file, for the other blocks of its page. */
function pathOf({ page, line, code }: Block): string {
  const name = /^\/\/ ([\w./-]+\.ts)\n/.exec(code)?.[1] ?? `${basename(page, '.ts')}-${line}.ts`;
  return join(FIXTURES, nameOf(page), name);
}

/** What the assumptions of a page are filed under: the examples in the sources share theirs. */
function nameOf(page: string): string {
  return page.endsWith('.md') ? basename(page, '.md').toLowerCase() : 'reference';
}

/** The block, behind what its reader has already: what this page assumes, and what every page does. */
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

/** Members of a class, whose other members the page's `Fragment` declares; its imports stand before the class. */
function asMembers(code: string): string {
  const imports = /^import .*;\n/gm;
  const before = [...code.matchAll(imports)].join('');
  return `${before}class Fragment {\n${code.replaceAll(imports, '')}}\nexport { Fragment };\n`;
}

/** What of a preamble the source does not bring itself: no name twice, and nothing of a module that the block imports. */
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

/** `Fragment` is what a preamble and a block both have members of. */
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
