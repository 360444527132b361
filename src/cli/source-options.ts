import type { Command } from './command.js';

/** The options of commands that read what the service would read. */
export const SOURCE_OPTIONS = {
  config: { type: 'string' },
  dotenv: { type: 'string', multiple: true },
  expand: { type: 'boolean' },
  'secrets-dir': { type: 'string' },
  'settings-dir': { type: 'string' },
} as const satisfies Command['options'];

/** Their help, `--config` first. */
export const SOURCE_USAGE = `\
  --config <file>          the compiled file of the configuration class, such as
                           dist/app.config.js. Default: ProductionConfig itself
  --dotenv <file>          a .env file; repeatable: the first file with a variable wins. At least
                           one must exist. Default: .env, if it exists
  --expand                 replace \${NAME} in .env files, as the option expand of the module does
  --secrets-dir <dir>      where secrets are mounted. Default: $SECRETS_DIR
  --settings-dir <dir>     where settings that are not secrets are mounted. Default: $SETTINGS_DIR
`;
