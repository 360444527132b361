import type { Project } from '../project.js';
import { GENERATED } from './app-config.step.js';

/** Adds a `.env.example` for a newly generated class, which has only the settings of ProductionConfig. */
export async function addEnvExample(project: Project): Promise<void> {
  if (project.exists('.env.example')) return;
  // The settings of an existing class are unknown until it is compiled.
  if (project.read(project.beside('app.config.ts')) !== GENERATED) return noteMissingExample(project);
  // This needs joi. On the first run, Yarn has not installed the peers yet.
  const loaded = await Promise.all([
    import('../../cli/env-example.text.js'),
    import('../../config/model/config-shape.js'),
    import('../../config/production.config.js'),
  ]).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ERR_MODULE_NOT_FOUND') return undefined;
    throw error;
  });
  if (loaded === undefined) return noteMissingExample(project);
  const [{ renderEnvExample }, { shapeOf }, { ProductionConfig }] = loaded;
  project.write('.env.example', renderEnvExample('AppConfig', shapeOf(ProductionConfig)));
}

function noteMissingExample(project: Project): void {
  project.notes.push(
    'There is no .env.example yet: build, then run npx production-config env-example --config dist/app.config.js.',
  );
}
