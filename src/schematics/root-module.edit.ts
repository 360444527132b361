import type ts from 'typescript';
import type { Compiler } from './compiler.js';
import { OddModule, rootModuleOf, type RootModule } from './root-module.js';
import {
  importedNames,
  importsOf,
  inserted,
  lineEnding,
  parsed,
  specifierOf,
  type Insertion,
} from './source-text.js';

const PACKAGE = 'nestjs-production-config';
const ENTRY = 'ProductionConfigModule.forRoot({ config: AppConfig })';

/** Modules that bring what ProductionConfigModule brings. */
const COMPETING = [
  { name: 'ConfigModule', from: '@nestjs/config' },
  { name: 'CacheModule', from: '@nestjs/cache-manager' },
];

/** A root module's text with ProductionConfigModule in it, and what of its imports competes with that. */
export interface EditedModule {
  readonly text: string;
  readonly competing: readonly string[];
}

/**
 * Adds ProductionConfigModule and its imports to the text of a root module. What has it already stays as it is.
 *
 * @throws OddModule where it cannot be told what to add, or where
 */
export function withProductionConfig(compiler: Compiler, text: string, isEsm: boolean): EditedModule {
  const file = parsed(compiler, text);
  if (file === undefined) throw new OddModule('cannot be parsed');
  const module = rootModuleOf(compiler, file);
  const competing = competingImports(compiler, file, module);
  if ([...importedNames(compiler, file, PACKAGE).values()].includes('ProductionConfigModule')) {
    return { text, competing };
  }
  const taken = ['AppConfig', 'ProductionConfigModule'].find((name) => names(compiler, file, name));
  if (taken !== undefined) throw new OddModule(`uses the name ${taken} already`);

  const result = inserted(text, [...importLines(compiler, file, isEsm), entry(file, module)]);
  if (parsed(compiler, result) === undefined) throw new OddModule('is written in a way that is not known');
  return { text: result, competing };
}

/** The package behind the last package, the class behind the last import, in the file's own style. */
function importLines(compiler: Compiler, file: ts.SourceFile, isEsm: boolean): Insertion[] {
  const imports = importsOf(compiler, file);
  const relative = imports.filter(isRelative).map(specifierOf);
  const lastPackage = imports.findLast((declaration) => !isRelative(declaration))!;
  const quote = lastPackage.moduleSpecifier.getText(file).charAt(0);
  const end = lastPackage.getText(file).endsWith(';') ? ';' : '';
  const written = ['.js', '.ts'].find((each) => relative.some((path) => path.endsWith(each)));
  const extension = written ?? (relative.length === 0 && isEsm ? '.js' : '');
  const behind = (declaration: ts.ImportDeclaration, name: string, from: string): Insertion => ({
    at: endOfLine(compiler, file, declaration),
    text: `${lineEnding(file.text)}import { ${name} } from ${quote}${from}${quote}${end}`,
  });
  const [first, second] = [
    behind(lastPackage, 'ProductionConfigModule', PACKAGE),
    behind(imports.at(-1)!, 'AppConfig', `./app.config${extension}`),
  ];
  return first.at === second.at ? [{ at: first.at, text: first.text + second.text }] : [first, second];
}

function isRelative(declaration: ts.ImportDeclaration): boolean {
  return specifierOf(declaration).startsWith('.');
}

/** Behind a declaration and the comment on its line. */
function endOfLine(compiler: Compiler, file: ts.SourceFile, declaration: ts.ImportDeclaration): number {
  const comments = compiler.getTrailingCommentRanges(file.text, declaration.end) ?? [];
  return comments.at(-1)?.end ?? declaration.end;
}

/** ProductionConfigModule comes first: what is imported later may ask for the configuration. */
function entry(file: ts.SourceFile, { metadata, imports }: RootModule): Insertion {
  return imports === undefined
    ? listed(file, metadata.properties, `imports: [${ENTRY}]`, ' ')
    : listed(file, imports.elements, ENTRY, '');
}

/** An item in front of the others, on a line of its own where they have theirs. */
function listed(
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

/** `ConfigModule` of `ConfigModule`, `ConfigModule.forRoot()` and `await ConfigModule.forRoot()`. */
function rootName(compiler: Compiler, expression: ts.Expression): string {
  if (compiler.isIdentifier(expression)) return expression.text;
  const isAround =
    compiler.isCallExpression(expression) ||
    compiler.isPropertyAccessExpression(expression) ||
    compiler.isAwaitExpression(expression);
  return isAround ? rootName(compiler, expression.expression) : '';
}

function names(compiler: Compiler, node: ts.Node, name: string): boolean {
  if (compiler.isIdentifier(node) && node.text === name) return true;
  return compiler.forEachChild(node, (child) => names(compiler, child, name) || undefined) === true;
}
