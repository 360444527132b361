import { compilerOf } from '../compiler.js';
import type { Project } from '../project.js';
import { parseSource } from '../source-text.js';

export const GENERATED = `import { DevelopmentConfig, ProductionConfig } from 'nestjs-production-config';

/** The settings of this service. Inject this class. */
export class AppConfig extends ProductionConfig {
  // NODE_ENV=development needs no SECRET_KEY and allows DEBUG.
  static override readonly environments = { development: DevelopmentConfig };

  // Your own settings, with Env from 'nestjs-production-config' and Joi from 'joi':
  //
  // @Env(Joi.string().uri(), { about: 'Where invoices are sent' })
  // readonly INVOICE_URL!: string;
}
`;

/** Adds the configuration class beside the root module. Answers whether the project now has it. */
export function addAppConfig(project: Project): boolean {
  const path = project.beside('app.config.ts');
  if (!project.exists(path)) project.write(path, GENERATED);
  const text = project.read(path);
  if (text === GENERATED || (text !== undefined && hasAppConfig(project, text))) return true;
  project.manualSteps.push(
    `${path} already exists and has no such class: write in another file\n` +
      'export class AppConfig extends ProductionConfig {}\n' +
      'and add ProductionConfigModule.forRoot({ config: AppConfig }) in front of the other imports of the root module.',
  );
  return false;
}

/** Whether a file exports a class AppConfig that extends another. */
function hasAppConfig({ root }: Project, text: string): boolean {
  const compiler = compilerOf(root);
  const file = compiler === undefined ? undefined : parseSource(compiler, text);
  if (compiler === undefined || file === undefined) return false;
  return file.statements.filter(compiler.isClassDeclaration).some(({ name, modifiers, heritageClauses }) => {
    const isExported = modifiers?.some(({ kind }) => kind === compiler.SyntaxKind.ExportKeyword) === true;
    const isDefault = modifiers?.some(({ kind }) => kind === compiler.SyntaxKind.DefaultKeyword) === true;
    const isDerived =
      heritageClauses?.some(({ token }) => token === compiler.SyntaxKind.ExtendsKeyword) === true;
    return name?.text === 'AppConfig' && isExported && !isDefault && isDerived;
  });
}
