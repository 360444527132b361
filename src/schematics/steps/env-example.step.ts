import type { Project } from '../project.js';
import { GENERATED } from './app-config.step.js';

/** The `.env.example` of the new class, which has the settings of ProductionConfig and no others yet. */
export async function addEnvExample(project: Project): Promise<void> {
  if (project.exists('.env.example')) return;
  // A class that was there has settings of its own, which its source does not tell.
  if (project.read(project.beside('app.config.ts')) !== GENERATED) return later(project);
  // Yarn has not installed the peers yet when this runs for the first time, and this needs joi.
  const loaded = await Promise.all([
    import('../../cli/env-example.text.js'),
    import('../../config/model/setting.registry.js'),
    import('../../config/production.config.js'),
  ]).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  if (loaded === undefined) return later(project);
  const [{ renderEnvExample }, { settingsOf }, { ProductionConfig }] = loaded;
  project.write('.env.example', renderEnvExample('AppConfig', settingsOf(ProductionConfig).values()));
}

function later(project: Project): void {
  project.remarks.push(
    'There is no .env.example yet: build, then npx production-config env-example --config dist/app.config.js.',
  );
}
