import type ts from 'typescript';
import { compilerOf, type Compiler } from '../compiler.js';
import type { Project } from '../project.js';
import { insertInto, lineEnding, parseJson } from '../source-text.js';

const KEY = 'transformIgnorePatterns';
const CONFIG_FILES = ['js', 'ts', 'mjs', 'cjs', 'mts', 'cts', 'json'].map(
  (extension) => `jest.config.${extension}`,
);
const PATTERN = '"/node_modules/(?!(.pnpm|nestjs-production-config|@nestjs)/)"';

/** Lets Jest transform this package: in a CommonJS project it cannot load ES modules otherwise. */
export function configureJest(project: Project): void {
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
    if (present === undefined && last !== undefined) project.write(path, insertSetting(text, last));
    else if (present?.getText().includes('nestjs-production-config') !== true) addManualStep(project, path);
  }
  const file = CONFIG_FILES.find((path) => project.exists(path));
  if (file !== undefined && project.read(file)?.includes('nestjs-production-config') !== true)
    addManualStep(project, file);
}

function addManualStep(project: Project, path: string): void {
  project.manualSteps.push(`${path}: Jest cannot load this package without\n"${KEY}": [${PATTERN}]`);
}

/** Jest's settings in a JSON file: the object under a key, or the whole file. */
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
    parseJson(text);
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

/** Adds the setting after the last entry, formatted as npm writes lists: the next install would reformat it otherwise. */
function insertSetting(text: string, last: ts.ObjectLiteralElementLike): string {
  const newline = lineEnding(text);
  const [indent] = /[ \t]*$/.exec(text.slice(0, last.getStart()))!;
  const item = indent + (indent.startsWith('\t') ? '\t' : '  ') + PATTERN;
  const entry = [`${indent}"${KEY}": [`, item, `${indent}]`].join(newline);
  return insertInto(text, [{ at: last.getEnd(), text: `,${newline}${entry}` }]);
}
