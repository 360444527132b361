import { compilerOf } from '../compiler.js';
import type { Project } from '../project.js';
import { UnsupportedModuleError } from '../root-module.js';
import { withProductionConfig } from '../root-module.edit.js';

const PROVIDED: Readonly<Record<string, string>> = {
  ConfigModule: 'ConfigService',
  CacheModule: 'CACHE_MANAGER',
};

/** Adds ProductionConfigModule to the root module's imports. */
export function addModule(project: Project): void {
  const path = project.modulePath;
  const text = project.read(path);
  const compiler = compilerOf(project.root);
  if (text === undefined || compiler === undefined) {
    const reason =
      text === undefined
        ? 'does not exist or is not UTF-8; name another file with --module'
        : 'cannot be parsed: no TypeScript with a compiler API was found';
    addManualStep(project, reason);
    return;
  }
  try {
    const { text: edited, competing } = withProductionConfig(compiler, text, project.isEsm);
    project.write(path, edited);
    for (const name of competing) {
      project.notes.push(
        `${path} also imports ${name}: ProductionConfigModule provides ${PROVIDED[name]}, and Nest silently ` +
          'uses the first in imports, which is now ProductionConfigModule. Remove yours once its settings are in AppConfig.',
      );
    }
  } catch (error) {
    if (!(error instanceof UnsupportedModuleError)) throw error;
    addManualStep(project, error.message);
  }
}

function addManualStep(project: Project, reason: string): void {
  project.manualSteps.push(
    `${project.modulePath} ${reason}. Add in front of the imports of its @Module():\n` +
      'ProductionConfigModule.forRoot({ config: AppConfig }),\n' +
      'and import ProductionConfigModule from nestjs-production-config and AppConfig from app.config.ts.',
  );
}
