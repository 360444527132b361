import { existsSync } from 'node:fs';
import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import { type EnvFile, parseEnvFile } from './env-file.parser.js';
import type { ReferringFile } from './env-references.js';
import { readTextFile } from './text-file.js';

const MAX_KIB = 1024;

/** The `.env` files that exist, with their problems and warnings. */
interface DotEnvs {
  readonly files: readonly ReferringFile[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
}

/**
 * Reads the `.env` files for development. If NODE_ENV is 'production', none is read, and there is a warning of each that
 * exists.
 *
 * @param required whether at least one of the files must exist
 */
export function readDotEnvs(
  paths: readonly string[],
  required: boolean,
  nodeEnv: string | undefined,
): DotEnvs {
  if (nodeEnv === 'production') {
    const warnings = paths.filter((path) => existsSync(path)).map(unreadWarning);
    return { files: [], problems: [], warnings };
  }
  const found = paths.flatMap((path) => {
    const file = readEnvFile(path);
    return file === undefined ? [] : [{ path, file }];
  });
  const isAbsent = required && found.length === 0 && paths.length > 0;
  return {
    files: found.map(({ path, file }) => {
      const { NODE_ENV: _, ...values } = file.values;
      const references = new Map([...file.references].filter(([name]) => name in values));
      return { path, values, references };
    }),
    problems: [...(isAbsent ? [absentProblem(paths)] : []), ...found.flatMap(({ file }) => file.problems)],
    warnings: found.flatMap(({ path, file }) => nodeEnvWarning(path, file, nodeEnv)),
  };
}

/** The contents of a file, or its problem; undefined if the file does not exist. */
function readEnvFile(path: string): EnvFile | undefined {
  const file = readTextFile(path, MAX_KIB);
  if ('text' in file) return parseEnvFile(file.text, path);
  if (file.code === 'ENOENT') return undefined;
  return { values: {}, references: new Map(), problems: [unreadable(path, file.reason, file.fix)] };
}

function absentProblem(paths: readonly string[]): ConfigProblem {
  const [path = '', ...others] = paths;
  return others.length === 0
    ? unreadable(path, 'cannot be read (ENOENT)')
    : unreadable('envFile', `names ${paths.join(', ')}, and none of them exists`);
}

function unreadable(path: string, message: string, fix?: string): ConfigProblem {
  // With an empty path, the line of the report would have no name.
  return { name: path || 'envFile', code: 'unreadable', message, ...(fix === undefined ? {} : { fix }) };
}

function unreadWarning(path: string): ConfigWarning {
  return {
    id: 'dotenv-in-production',
    message: `${path} is not read, because NODE_ENV is 'production'`,
    fix: 'do not deploy it, and do not load it with dotenv',
  };
}

function nodeEnvWarning(path: string, { values }: EnvFile, nodeEnv: string | undefined): ConfigWarning[] {
  const { NODE_ENV } = values;
  // If both are equal, something such as dotenv has put the file into the environment, where NODE_ENV has an effect.
  if (NODE_ENV === undefined || [nodeEnv, ''].includes(NODE_ENV.trim())) return [];
  const message = `NODE_ENV in ${path} has no effect`;
  return [{ id: 'dotenv-node-env', message, fix: 'set it in the environment of the process' }];
}
