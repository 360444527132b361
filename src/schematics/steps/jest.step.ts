import type ts from 'typescript';
import { compilerOf, type Compiler } from '../compiler.js';
import type { Project } from '../project.js';
import { inserted, lineEnding, parsedJson } from '../source-text.js';

const KEY = 'transformIgnorePatterns';
const CONFIG_FILES = ['js', 'ts', 'mjs', 'cjs', 'mts', 'cts', 'json'].map(
  (extension) => `jest.config.${extension}`,
);
const PATTERN = '"/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)"';

/** Jest of a CommonJS project loads ES modules only where it may transform them. */
export function letJestTransform(project: Project): void {
  const compiler = compilerOf(project.root);
  if (compiler === undefined || project.isEsm) return;
  for (const [path, key] of [
    ['package.json', 'jest'],
    [project.besideSources('test/jest-e2e.json'), undefined],
  ] as const) {
    const text = project.read(path);
    const config = text === undefined ? undefined : configIn(compiler, text, key);
    if (text === undefined || config === undefined) continue;
    const present = propertyOf(compiler, config, KEY);
    const last = config.properties.at(-1);
    if (present === undefined && last !== undefined) project.write(path, withLine(text, last));
    else if (present?.getText().includes('nestjs-production-config') !== true) leave(project, path);
  }
  const file = CONFIG_FILES.find((path) => project.exists(path));
  if (file !== undefined && project.read(file)?.includes('nestjs-production-config') !== true)
    leave(project, file);
}

function leave(project: Project, path: string): void {
  project.byHand.push(`${path}: Jest cannot load this package without\n"${KEY}": [${PATTERN}]`);
}

/** Jest's settings in a file of JSON: those under a key, or all of it. */
function configIn(
  compiler: Compiler,
  text: string,
  key: string | undefined,
): ts.ObjectLiteralExpression | undefined {
  if (!isJson(text)) return undefined;
  const { ScriptKind, ScriptTarget } = compiler;
  const file = compiler.createSourceFile('jest.json', text, ScriptTarget.Latest, true, ScriptKind.JSON);
  const root = (file as ts.JsonSourceFile).statements[0]?.expression;
  if (root === undefined || !compiler.isObjectLiteralExpression(root)) return undefined;
  const config = key === undefined ? root : propertyOf(compiler, root, key);
  return config !== undefined && compiler.isObjectLiteralExpression(config) ? config : undefined;
}

function isJson(text: string): boolean {
  try {
    parsedJson(text);
    return true;
  } catch {
    return false;
  }
}

function propertyOf(
  compiler: Compiler,
  object: ts.ObjectLiteralExpression,
  key: string,
): ts.Expression | undefined {
  return object.properties
    .filter((property) => compiler.isPropertyAssignment(property))
    .find(({ name }) => compiler.isStringLiteral(name) && name.text === key)?.initializer;
}

/** Below the last entry and indented like that, as npm writes a list, which would else be changed by the next install. */
function withLine(text: string, last: ts.ObjectLiteralElementLike): string {
  const newline = lineEnding(text);
  const [indent] = /[ \t]*$/.exec(text.slice(0, last.getStart()))!;
  const item = indent + (indent.startsWith('\t') ? '\t' : '  ') + PATTERN;
  const entry = [`${indent}"${KEY}": [`, item, `${indent}]`].join(newline);
  return inserted(text, [{ at: last.getEnd(), text: `,${newline}${entry}` }]);
}
