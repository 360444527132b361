import { type NestAddOptions, Project, type Tree } from './project.js';
import { addAppConfig } from './steps/app-config.step.js';
import { addEnvExample } from './steps/env-example.step.js';
import { addEnvFiles } from './steps/env-files.step.js';
import { configureJest } from './steps/jest.step.js';
import { editMain } from './steps/main-file.step.js';
import { addPeers } from './steps/packages.step.js';
import { addModule } from './steps/root-module.step.js';

/** The part of the schematic engine's context that is used. */
interface Context {
  readonly logger: { info(message: string): void };
  addTask(task: { toConfiguration(): object }): unknown;
}

/** Implements `nest add nestjs-production-config`. Idempotent. */
export function nestAdd(options: NestAddOptions) {
  return async (tree: Tree, context: Context): Promise<void> => {
    const project = new Project(tree, process.cwd(), options);
    if (addAppConfig(project)) {
      addModule(project);
      editMain(project);
    }
    configureJest(project);
    if (addEnvFiles(project)) context.addTask(PROTECT_ENV);
    await addEnvExample(project);
    if (addPeers(project)) context.addTask(INSTALL);
    context.logger.info(nextSteps(project));
  };
}

// The engine's tasks as plain objects: their classes would need another package.

/** Runs the schematic of this collection once the files are on disk. */
const PROTECT_ENV = {
  toConfiguration: () => ({ name: 'run-schematic', options: { name: 'protect-env', options: {} } }),
};

const INSTALL = {
  toConfiguration: () => ({ name: 'node-package', options: { command: 'install', quiet: true } }),
};

const CHECK = 'npx production-config check --config dist/app.config.js';

const NEXT = [
  `${'npm run start:dev'.padEnd(CHECK.length)}  starts with the SECRET_KEY in .env, which is for this machine only`,
  `${'npx nestjs-production-config keygen'.padEnd(CHECK.length)}  generates the key for production`,
  `${CHECK}  checks an environment`,
  'Tests that start the root module also read .env: give CI a SECRET_KEY.',
];

/** The remaining steps, in order. */
export function nextSteps({ manualSteps, notes }: Project): string {
  return [section('By hand', manualSteps), section('Note', notes), section('Next', NEXT)].join('');
}

function section(title: string, entries: readonly string[]): string {
  if (entries.length === 0) return '';
  const lines = entries.map((entry) => `  ${entry.replaceAll('\n', '\n    ')}\n`);
  return `\n${title}\n${lines.join('')}`;
}
