import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BaseConfig } from '../config/base.config.js';
import type { ConfigClass } from '../config/model/config-class.js';
import { DevelopmentConfig } from '../config/development.config.js';
import { ProductionConfig } from '../config/production.config.js';
import type { ConfigSources } from '../config/sources/environment.source.js';
import { type Arguments, CommandError } from './command.js';
import { errorName } from '../common/error-name.js';
import { accessSync, constants, existsSync, statSync } from 'node:fs';

const OWN = new Set<unknown>([BaseConfig, ProductionConfig, DevelopmentConfig]);

/** The configuration class of a compiled file: its default export, or the only class in it that is one. */
export async function configClassOf(file: string | undefined): Promise<ConfigClass<BaseConfig>> {
  if (file === undefined) return ProductionConfig;
  const path = resolve(file);
  assertReadableFile(file, 'build first, and name the compiled file');
  const { default: main, ...named } = await importFile(file, path);
  if (isConfigClass(main)) return main;

  // A CommonJS file may have all its exports under `default`.
  const exported = [
    ...Object.values(named),
    ...(typeof main === 'object' && main !== null ? Object.values(main) : []),
  ];
  const classes = [...new Set(exported.filter(isConfigClass))];
  const theirs = classes.filter((type) => !OWN.has(type));
  const candidates = theirs.length === 0 ? classes : theirs;
  if (candidates.length === 1) return candidates[0]!;
  throw new CommandError(
    candidates.length === 0
      ? `${file} exports no class that extends BaseConfig of this copy of nestjs-production-config`
      : `${file} exports several configuration classes (${candidates.map(({ name }) => name).join(', ')}): ` +
          'make one the default export',
  );
}

function isConfigClass(value: unknown): value is ConfigClass<BaseConfig> {
  return value === BaseConfig || (typeof value === 'function' && value.prototype instanceof BaseConfig);
}

async function importFile(file: string, path: string): Promise<Record<string, unknown>> {
  try {
    return (await import(pathToFileURL(path).href)) as Record<string, unknown>;
  } catch (error) {
    // The application's own errors may contain secrets. Errors of Node name the missing package.
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_UNKNOWN_FILE_EXTENSION' || /\.[cm]?tsx?$/.test(file)) {
      throw new CommandError(`${file} is not JavaScript: build first, and name the compiled file`);
    }
    const [, missing] =
      /^Cannot find (?:package|module) '((?:@[\w.-]+\/)?[\w.-]+)'/.exec(message ?? '') ?? [];
    const reason = missing === undefined ? errorName(error) : `${missing} is not installed`;
    throw new CommandError(`${file} could not be loaded (${reason}): to see why, run: node ${file}`);
  }
}

/** The sources that `SOURCE_OPTIONS` name. @throws CommandError if no file of `--dotenv` can be read */
export function sourcesOf(values: Arguments['values']): ConfigSources {
  const envFile = values['dotenv'] as string[] | undefined;
  if (envFile !== undefined) assertReadableFiles(envFile);
  return {
    envFile,
    expand: values['expand'] === true,
    secretsDir: values['secrets-dir'] as string | undefined,
    settingsDir: values['settings-dir'] as string | undefined,
  };
}

/** Throws if none of the files named on the command line exists, or if one of those that do cannot be read. */
function assertReadableFiles(files: readonly string[]): void {
  const present = files.filter((file) => existsSync(file));
  for (const file of present.length === 0 ? files : present) assertReadableFile(file);
}

/** Throws if a file named on the command line does not exist or cannot be read. */
function assertReadableFile(file: string, advice?: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new CommandError(`${file} ${reason}${code === 'ENOENT' && advice ? `: ${advice}` : ''}`);
  }
  if (!statSync(file).isFile()) throw new CommandError(`${file} is not a regular file`);
}
