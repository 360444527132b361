import type { Command } from './command.js';

const USAGE = `Prints a .env.example for a configuration class: every setting with its purpose, its
constraints and its default.

  --config <file>   the compiled file of the configuration class. Default: ProductionConfig
  --only <fields>   only these fields of the class, separated by commas, and the settings that
                    their rules refer to, as pick() does
  --check [file]    exit with 1 if the file (.env.example) differs, and print where it first differs
`;

export const envExample: Command = {
  summary: 'print a .env.example, or check that one is up to date',
  usage: USAGE,
  options: { config: { type: 'string' }, only: { type: 'string' }, check: { type: 'boolean' } },
  maxPositionals: 1,
  run: async (args) => (await import('./env-example.run.js')).runEnvExample(args),
};
