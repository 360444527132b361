import type ts from 'typescript';
import type { Compiler } from './compiler.js';
import { UnsupportedModuleError, rootModuleOf, type RootModule } from './root-module.js';
import {
  importedNames,
  importsOf,
  insertInto,
  lineEnding,
  parseSource,
  specifierOf,
  type Insertion,
} from './source-text.js';

const PACKAGE = 'nestjs-production-config';
const ENTRY = 'ProductionConfigModule.forRoot({ config: AppConfig })';

/** Modules that provide what ProductionConfigModule provides. */
const COMPETING = [
  { name: 'ConfigModule', from: '@nestjs/config' },
  { name: 'CacheModule', from: '@nestjs/cache-manager' },
];

/** The text of a root module with ProductionConfigModule added, and the imports that compete with it. */
export interface EditedModule {
  readonly text: string;
  readonly competing: readonly string[];
}

/**
 * Adds ProductionConfigModule and its imports to the text of a root module. A module that has it stays unchanged.
 *
 * @throws UnsupportedModuleError if the place to insert cannot be determined
 */
export function withProductionConfig(compiler: Compiler, text: string, isEsm: boolean): EditedModule {
  const file = parseSource(compiler, text);
  if (file === undefined) throw new UnsupportedModuleError('cannot be parsed');
  const module = rootModuleOf(compiler, file);
  const competing = competingImports(compiler, file, module);
  if ([...importedNames(compiler, file, PACKAGE).values()].includes('ProductionConfigModule')) {
    return { text, competing };
  }
  const taken = ['AppConfig', 'ProductionConfigModule'].find((name) => usesName(compiler, file, name));
  if (taken !== undefined) throw new UnsupportedModuleError(`already uses the name ${taken}`);

  const result = insertInto(text, [...importLines(compiler, file, isEsm), entry(file, module)]);
  if (parseSource(compiler, result) === undefined)
    throw new UnsupportedModuleError('has a form that is not supported');
  return { text: result, competing };
}

/** Import lines in the file's style: the package after the last package, the class after the last import. */
function importLines(compiler: Compiler, file: ts.SourceFile, isEsm: boolean): Insertion[] {
  const imports = importsOf(compiler, file);
  const relative = imports.filter(isRelative).map(specifierOf);
  const lastPackage = imports.findLast((declaration) => !isRelative(declaration))!;
  const quote = lastPackage.moduleSpecifier.getText(file).charAt(0);
  const end = lastPackage.getText(file).endsWith(';') ? ';' : '';
  const written = ['.js', '.ts'].find((each) => relative.some((path) => path.endsWith(each)));
  const extension = written ?? (relative.length === 0 && isEsm ? '.js' : '');
  const insertAfter = (declaration: ts.ImportDeclaration, name: string, from: string): Insertion => ({
    at: endOfLine(compiler, file, declaration),
    text: `${lineEnding(file.text)}import { ${name} } from ${quote}${from}${quote}${end}`,
  });
  const [first, second] = [
    insertAfter(lastPackage, 'ProductionConfigModule', PACKAGE),
    insertAfter(imports.at(-1)!, 'AppConfig', `./app.config${extension}`),
  ];
  return first.at === second.at ? [{ at: first.at, text: first.text + second.text }] : [first, second];
}

function isRelative(declaration: ts.ImportDeclaration): boolean {
  return specifierOf(declaration).startsWith('.');
}

/** The offset after a declaration and the comment on its line. */
function endOfLine(compiler: Compiler, file: ts.SourceFile, declaration: ts.ImportDeclaration): number {
  const comments = compiler.getTrailingCommentRanges(file.text, declaration.end) ?? [];
  return comments.at(-1)?.end ?? declaration.end;
}

/** ProductionConfigModule comes first: modules imported after it may need the configuration. */
function entry(file: ts.SourceFile, { metadata, imports }: RootModule): Insertion {
  return imports === undefined
    ? insertFirst(file, metadata.properties, `imports: [${ENTRY}]`, ' ')
    : insertFirst(file, imports.elements, ENTRY, '');
}

/** Inserts an item before the others, on its own line if they are on their own lines. */
function insertFirst(
  { text }: ts.SourceFile,
  items: ts.NodeArray<ts.Node>,
  item: string,
  padding: string,
): Insertion {
  const at = items.pos;
  const [first] = items;
  if (first === undefined) return { at, text: `${padding}${item}${padding}` };
  const gap = text.slice(at, first.getStart());
  if (!gap.includes('\n')) {
    return { at, text: /^\s/.test(gap) ? ` ${item},` : `${padding}${item}, ` };
  }
  const indent = /[^\S\n]*$/.exec(gap)![0];
  return { at, text: `${lineEnding(text)}${indent}${item},` };
}

function competingImports(compiler: Compiler, file: ts.SourceFile, { imports }: RootModule): string[] {
  return COMPETING.filter(({ name, from }) => {
    const locals = importedNames(compiler, file, from);
    return imports?.elements.some((element) => locals.get(rootName(compiler, element)) === name) === true;
  }).map(({ name }) => name);
}

/** `ConfigModule` from `ConfigModule`, `ConfigModule.forRoot()` and `await ConfigModule.forRoot()`. */
function rootName(compiler: Compiler, expression: ts.Expression): string {
  if (compiler.isIdentifier(expression)) return expression.text;
  const isWrapper =
    compiler.isCallExpression(expression) ||
    compiler.isPropertyAccessExpression(expression) ||
    compiler.isAwaitExpression(expression);
  return isWrapper ? rootName(compiler, expression.expression) : '';
}

function usesName(compiler: Compiler, node: ts.Node, name: string): boolean {
  if (compiler.isIdentifier(node) && node.text === name) return true;
  return compiler.forEachChild(node, (child) => usesName(compiler, child, name) || undefined) === true;
}
