import type ts from 'typescript';
import type { Compiler } from './compiler.js';
import { importedNames } from './source-text.js';

/** A module that cannot be edited. The message continues a sentence that begins with the file's name. */
export class UnsupportedModuleError extends Error {}

/** The object passed to a root module's `@Module()`, and its `imports`, if any. */
export interface RootModule {
  readonly metadata: ts.ObjectLiteralExpression;
  readonly imports: ts.ArrayLiteralExpression | undefined;
}

/**
 * The class AppModule, or the only module of the file.
 *
 * @throws UnsupportedModuleError if the module cannot be edited safely
 */
export function rootModuleOf(compiler: Compiler, file: ts.SourceFile): RootModule {
  const stock = importedNames(compiler, file, '@nestjs/common');
  const modules = file.statements.filter(compiler.isClassDeclaration).flatMap((statement) => {
    const decorator = (compiler.getDecorators(statement) ?? []).find(
      ({ expression }) =>
        compiler.isCallExpression(expression) &&
        compiler.isIdentifier(expression.expression) &&
        stock.get(expression.expression.text) === 'Module',
    );
    return decorator === undefined
      ? []
      : [{ name: statement.name?.text, call: decorator.expression as ts.CallExpression }];
  });
  const module = modules.length === 1 ? modules[0] : modules.find(({ name }) => name === 'AppModule');
  if (module === undefined)
    throw new UnsupportedModuleError('has no class AppModule with @Module() from @nestjs/common');

  const [metadata] = module.call.arguments;
  if (metadata === undefined || !compiler.isObjectLiteralExpression(metadata)) {
    throw new UnsupportedModuleError('does not pass an object literal to @Module()');
  }
  if (metadata.properties.some((property) => !isNamed(compiler, property))) {
    throw new UnsupportedModuleError('has spread or computed properties in @Module()');
  }
  return { metadata, imports: importsArray(compiler, metadata) };
}

function importsArray(
  compiler: Compiler,
  { properties }: ts.ObjectLiteralExpression,
): ts.ArrayLiteralExpression | undefined {
  const found = properties.filter(
    ({ name }) => (name as ts.Identifier | ts.StringLiteral).text === 'imports',
  );
  const [property] = found;
  if (property === undefined) return undefined;
  const isPlain =
    found.length === 1 &&
    compiler.isPropertyAssignment(property) &&
    compiler.isArrayLiteralExpression(property.initializer) &&
    !property.initializer.elements.some(compiler.isSpreadElement);
  if (!isPlain) throw new UnsupportedModuleError('has imports that are not a plain array');
  return property.initializer;
}

function isNamed(compiler: Compiler, { name }: ts.ObjectLiteralElementLike): boolean {
  return name !== undefined && (compiler.isIdentifier(name) || compiler.isStringLiteral(name));
}
