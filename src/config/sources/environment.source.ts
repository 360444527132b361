import { existsSync } from 'node:fs';
import type { ConfigProblem } from '../config.error.js';
import { readEnvFile } from './env-file.source.js';
import type { Environment } from './environment.js';
import { readSecretFile, shownPath, withoutNewline } from './secret-file.source.js';
import type { Setting } from '../setting.registry.js';

/** Where settings are read from. */
export interface ConfigSources {
  /** Stands in for `process.env`: no `.env` file is read then, unless `envFile` names one. */
  readonly env?: Environment | undefined;
  /** The file for development, `.env` by default. Never read when NODE_ENV is 'production'. */
  readonly envFile?: string | undefined;
  /** What the application fetched itself: wins over every other source. */
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
}

/** A raw value and where it came from. */
export interface Reading {
  readonly value: unknown;
  readonly origin: string;
}

/** Everything that the sources say, before any rule has looked at it. */
interface Readings {
  readonly readings: ReadonlyMap<string, Reading>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly string[];
  /** Every name that is set somewhere, for suggestions. */
  readonly names: ReadonlySet<string>;
}

interface Layer {
  readonly origin: string;
  readonly values: Environment;
}

/** NODE_ENV as the real environment has it: the one variable that `.env` cannot set. */
export function nodeEnvOf({ env = process.env }: ConfigSources): string | undefined {
  return unlessBlank(env['NODE_ENV'])?.trim();
}

/** Asks every source for every setting: the application's secrets, the environment, then `.env`. */
export function readSources(settings: Iterable<Setting>, sources: ConfigSources): Readings {
  const { env = process.env, secrets = {} } = sources;
  const file = readDotEnv(sources);
  const layers: Layer[] = [
    { origin: 'environment', values: env },
    { origin: file.name, values: file.values },
  ];
  const readings = new Map<string, Reading>();
  const problems = [...file.problems];
  for (const setting of settings) {
    const secret = unlessBlank(secrets[setting.name]);
    if (secret !== undefined) {
      readings.set(setting.name, { value: secret, origin: 'application' });
      continue;
    }
    const found = findIn(layers, setting);
    if (found === undefined) continue;
    if ('code' in found) problems.push(found);
    else readings.set(setting.name, found);
  }
  const names = new Set(
    [secrets, ...layers.map(({ values }) => values)].flatMap((values) =>
      Object.keys(values).filter((name) => unlessBlank(values[name]) !== undefined),
    ),
  );
  return { readings, problems, warnings: file.warnings, names };
}

function findIn(layers: readonly Layer[], setting: Setting): Reading | ConfigProblem | undefined {
  for (const layer of layers) {
    const found = setting.secret ? secretIn(layer, setting.name) : variableIn(layer, setting.name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function variableIn({ values, origin }: Layer, name: string): Reading | undefined {
  const value = unlessBlank(values[name]);
  return value === undefined ? undefined : { value, origin };
}

function secretIn(layer: Layer, name: string): Reading | ConfigProblem | undefined {
  const variable = variableIn(layer, name);
  // As in a file: a mounted secret may have become a variable with the newline that ended it.
  const direct = variable && { ...variable, value: withoutNewline(String(variable.value)) };
  const path = unlessBlank(layer.values[`${name}_FILE`]);
  if (path === undefined) return direct;
  if (direct !== undefined) {
    return {
      name,
      code: 'ambiguous',
      message: `is set twice: by ${name} and by ${name}_FILE`,
      fix: 'keep one of them',
    };
  }
  const file = readSecretFile(path);
  if ('value' in file) return { value: file.value, origin: `${name}_FILE` };
  return {
    name,
    code: 'unreadable',
    message: `${shownPath(path)} ${file.reason}`,
    origin: `${name}_FILE`,
  };
}

function readDotEnv(sources: ConfigSources) {
  const name = sources.envFile ?? '.env';
  const nothing = { name, values: {}, problems: [], warnings: [] };
  if (sources.envFile === undefined && sources.env !== undefined) return nothing;
  if (nodeEnvOf(sources) === 'production') {
    const warnings = existsSync(name) ? [`${name} is not read, because NODE_ENV is 'production'`] : [];
    return { ...nothing, warnings };
  }
  const file = readEnvFile(name, sources.envFile !== undefined);
  const { NODE_ENV, ...values } = file.values;
  return {
    ...nothing,
    values,
    problems: file.problems,
    warnings:
      NODE_ENV === undefined
        ? []
        : [`NODE_ENV in ${name} has no effect: set it in the environment of the process`],
  };
}

function unlessBlank<T>(value: T): T | undefined {
  return typeof value === 'string' && value.trim() === '' ? undefined : value;
}
