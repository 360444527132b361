import { existsSync } from 'node:fs';
import type { ConfigWarning } from '../model/config.warning.js';
import { type EnvFile, parseEnvFile } from './env-file.parser.js';
import { readTextFile } from './text-file.js';

const MAX_KIB = 1024;

/** A `.env` file as a source: its variables and its warnings. */
interface DotEnv extends EnvFile {
  readonly warnings: readonly ConfigWarning[];
}

export const NO_FILE: DotEnv = {
  values: {},
  references: new Map(),
  problems: [],
  warnings: [],
};

/** Reads the `.env` file for development. If NODE_ENV is 'production', it is not read and there is a warning. */
export function readDotEnv(path: string, required: boolean, nodeEnv: string | undefined): DotEnv {
  if (nodeEnv === 'production') {
    const warning: ConfigWarning = {
      id: 'dotenv-in-production',
      message: `${path} is not read, because NODE_ENV is 'production'`,
      fix: 'do not deploy it, and do not load it with dotenv',
    };
    return { ...NO_FILE, warnings: existsSync(path) ? [warning] : [] };
  }
  const file = readEnvFile(path, required);
  const { NODE_ENV, ...values } = file.values;
  const warning: ConfigWarning = {
    id: 'dotenv-node-env',
    message: `NODE_ENV in ${path} has no effect`,
    fix: 'set it in the environment of the process',
  };
  // If both are equal, something such as dotenv has put the file into the environment, where NODE_ENV has an effect.
  const isIgnored = NODE_ENV !== undefined && ![nodeEnv, ''].includes(NODE_ENV.trim());
  return { ...file, values, warnings: isIgnored ? [warning] : [] };
}

/** An absent file counts as empty, unless it is `required`. */
function readEnvFile(path: string, required: boolean): EnvFile {
  const file = readTextFile(path, MAX_KIB);
  if ('text' in file) return parseEnvFile(file.text, path);
  const { reason, fix, code } = file;
  if (code === 'ENOENT' && !required) return NO_FILE;
  // With an empty path, the line of the report would have no name.
  const name = path === '' ? 'envFile' : path;
  return {
    ...NO_FILE,
    problems: [{ name, code: 'unreadable', message: reason, ...(fix === undefined ? {} : { fix }) }],
  };
}
