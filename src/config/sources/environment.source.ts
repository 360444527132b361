import { join } from 'node:path';
import type { ConfigProblem } from '../config.error.js';
import type { ConfigWarning } from '../config.warning.js';
import { allowsBlank } from '../rules/rule-description.js';
import type { Setting } from '../setting.registry.js';
import { NO_FILE, readDotEnv } from './env-file.source.js';
import type { Environment } from './environment.js';
import { listDirectories, type SecretDirectory } from './secret-directory.source.js';
import { readSecretFile, shownPath, withoutNewline } from './secret-file.source.js';

/** Where settings are read from. */
export interface ConfigSources {
  /** Stands in for `process.env`: no `.env` file is read then, unless `envFile` names one. */
  readonly env?: Environment | undefined;
  /** The file for development, `.env` by default. Never read when NODE_ENV is 'production'. */
  readonly envFile?: string | undefined;
  /** The directory of mounted secrets, $SECRETS_DIR by default. */
  readonly secretsDir?: string | undefined;
  /** What the application fetched itself: wins over every other source. */
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
}

/** A raw value and where it came from. */
export interface Reading {
  readonly value: unknown;
  readonly origin: string;
  /** The file that held the value, where it was mounted. */
  readonly path?: string;
}

/** Everything that the sources say, before any rule has looked at it. */
interface Readings {
  readonly readings: ReadonlyMap<string, Reading>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
  /** Every name that is set somewhere, for suggestions. */
  readonly names: ReadonlySet<string>;
}

/** What one layer has for a setting: a value, or the file in which it is. */
type Place = Variable | { readonly path: string; readonly origin: string };

interface Variable {
  readonly value: unknown;
  readonly origin: string;
}

interface Layer {
  /** How the places of this layer are named that are no files. */
  readonly origin: string;
  readonly values: Environment;
  readonly directories: readonly (SecretDirectory & { readonly names: ReadonlySet<string> })[];
}

/** The environment itself, for what is no setting of a class. */
export function environmentOf({ env = process.env }: ConfigSources): Environment {
  return env;
}

/** NODE_ENV as the real environment has it: the one variable that `.env` cannot set. */
export function nodeEnvOf(sources: ConfigSources): string | undefined {
  return unlessBlank(environmentOf(sources)['NODE_ENV'])?.trim();
}

/** Asks every source for every setting: the application's secrets, the infrastructure, then `.env`. */
export function readSources(settings: Iterable<Setting>, sources: ConfigSources): Readings {
  const { secrets = {} } = sources;
  const env = environmentOf(sources);
  const mounted = listDirectories(secretDirectories(env, sources.secretsDir));
  const { envFile = '.env' } = sources;
  const file = dotEnvOf(envFile, sources);
  const layers: Layer[] = [
    { origin: 'environment', values: env, directories: mounted.directories },
    { origin: envFile, values: file.values, directories: [] },
  ];
  const readings = new Map<string, Reading>();
  const problems = [...mounted.problems, ...file.problems];
  for (const setting of settings) {
    const secret = unlessUnset(withoutEnd(secrets[setting.name]), setting);
    const found = secret === undefined ? findIn(layers, setting) : { value: secret, origin: 'application' };
    if (found === undefined) continue;
    if ('code' in found) problems.push(found);
    else readings.set(setting.name, found);
  }
  const set = [secrets, ...layers.map(({ values }) => values)].flatMap((values) =>
    Object.keys(values).filter((name) => unlessBlank(values[name]) !== undefined),
  );
  return {
    readings,
    problems,
    warnings: [...mounted.warnings, ...file.warnings],
    names: new Set([...set, ...mounted.directories.flatMap(({ names }) => [...names])]),
  };
}

/** Where an environment stands in for the real one, only a file that is named is read beside it. */
function dotEnvOf(path: string, sources: ConfigSources) {
  const named = sources.envFile !== undefined;
  return named || sources.env === undefined
    ? readDotEnv(path, named, nodeEnvOf(sources) === 'production')
    : NO_FILE;
}

/** Where the infrastructure mounts secrets: systemd's directory, and the one that the service was told. */
function secretDirectories(env: Environment, secretsDir: string | undefined): SecretDirectory[] {
  const named = [
    { label: '$CREDENTIALS_DIRECTORY', path: env['CREDENTIALS_DIRECTORY'] },
    secretsDir === undefined
      ? { label: '$SECRETS_DIR', path: env['SECRETS_DIR'] }
      : { label: 'secretsDir', path: secretsDir },
  ];
  return named.flatMap(({ label, path }) =>
    unlessBlank(path) === undefined ? [] : [{ label, path: path! }],
  );
}

function findIn(layers: readonly Layer[], setting: Setting): Reading | ConfigProblem | undefined {
  for (const layer of layers) {
    const places = setting.secret ? secretPlaces(layer, setting) : variable(layer, setting);
    if (places.length > 1) return ambiguous(setting.name, places);
    if (places.length === 1) return read(setting, places[0]!);
  }
  return undefined;
}

function variable({ values, origin }: Layer, setting: Setting): Variable[] {
  const value = unlessUnset(values[setting.name], setting);
  return value === undefined ? [] : [{ value, origin }];
}

/** Every place in which a layer has a secret. */
function secretPlaces(layer: Layer, setting: Setting): Place[] {
  const { name } = setting;
  const path = unlessBlank(layer.values[`${name}_FILE`]);
  const files = [
    ...(path === undefined ? [] : [{ path, origin: `${name}_FILE` }]),
    ...layer.directories
      .filter(({ names }) => names.has(name))
      .map((directory) => ({ path: join(directory.path, name), origin: `${directory.label}/${name}` })),
  ];
  const variables = variable(layer, setting).map(({ value, origin }) => ({
    value: withoutEnd(value),
    origin,
  }));
  // A variable that is empty beside a file says nothing.
  return files.length === 0 ? variables : [...variables.filter(({ value }) => value !== ''), ...files];
}

function read({ name, rule }: Setting, place: Place): Reading | ConfigProblem {
  if ('value' in place) return place;
  const { path, origin } = place;
  const file = readSecretFile(path);
  if ('reason' in file && file.reason === 'is empty' && allowsBlank(rule)) return { value: '', origin, path };
  return 'value' in file
    ? { value: file.value, origin, path }
    : { name, code: 'unreadable', message: `${shownPath(path)} ${file.reason}`, origin };
}

function ambiguous(name: string, places: readonly Place[]): ConfigProblem {
  // A variable is known by its own name, a file by the way to it.
  const names = places.map((place) => ('value' in place ? name : place.origin));
  const times = places.length === 2 ? 'twice' : `${places.length} times`;
  return {
    name,
    code: 'ambiguous',
    message: `is set ${times}: by ${names.join(' and by ')}`,
    fix: 'keep one of them',
  };
}

/** As in a file: whoever fetched a secret may have got the newline that ended it. */
function withoutEnd(value: unknown): unknown {
  return typeof value === 'string' ? withoutNewline(value) : value;
}

/** A blank counts as unset, except for a rule that has the empty text among its values. */
function unlessUnset<T>(value: T, { rule }: Setting): T | '' | undefined {
  const isBlank = typeof value === 'string' && value.trim() === '';
  return isBlank && allowsBlank(rule) ? '' : unlessBlank(value);
}

function unlessBlank<T>(value: T): T | undefined {
  return typeof value === 'string' && value.trim() === '' ? undefined : value;
}
