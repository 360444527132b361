import { compilerOf } from '../compiler.js';
import type { Project } from '../project.js';
import { OddModule } from '../root-module.js';
import { withProductionConfig } from '../root-module.edit.js';

const PROVIDED: Readonly<Record<string, string>> = {
  ConfigModule: 'ConfigService',
  CacheModule: 'CACHE_MANAGER',
};

/** ProductionConfigModule in the root module's imports. */
export function addModule(project: Project): void {
  const path = project.modulePath;
  const text = project.read(path);
  const compiler = compilerOf(project.root);
  if (text === undefined || compiler === undefined) {
    const reason =
      text === undefined
        ? 'is not there, or not in UTF-8; --module names another file'
        : 'cannot be read: no TypeScript with a compiler API was found';
    leave(project, reason);
    return;
  }
  try {
    const { text: edited, competing } = withProductionConfig(compiler, text, project.isEsm);
    project.write(path, edited);
    for (const name of competing) {
      project.remarks.push(
        `${path} imports ${name} as well: ProductionConfigModule provides ${PROVIDED[name]}, and Nest silently ` +
          'prefers the first in imports, which is now that one. Remove yours when its settings are in AppConfig.',
      );
    }
  } catch (error) {
    if (!(error instanceof OddModule)) throw error;
    leave(project, error.message);
  }
}

function leave(project: Project, reason: string): void {
  project.byHand.push(
    `${project.modulePath} ${reason}. Add to the imports of its @Module(), in front:\n` +
      'ProductionConfigModule.forRoot({ config: AppConfig }),\n' +
      'with ProductionConfigModule from nestjs-production-config and AppConfig from app.config.ts.',
  );
}
