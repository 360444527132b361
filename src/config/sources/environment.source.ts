import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import type { Setting } from '../model/setting.registry.js';
import { NO_FILE, readDotEnv } from './env-file.source.js';
import type { Environment } from '../model/config-class.js';
import { type Layer, type Reading, findIn, unlessBlank, unlessUnset, withoutEnd } from './layer.js';
import { type SecretDirectory, listDirectories, unreadFiles } from './secret-directory.source.js';
import { serviceLinksIn, untrimmedVariables } from './platform-variables.js';

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

/** Everything that the sources say, before any rule has looked at it. */
interface Readings {
  readonly readings: ReadonlyMap<string, Reading>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
  /** Every name that is set somewhere, for suggestions. */
  readonly names: ReadonlySet<string>;
  /** The Service, by the name of the variable with which Kubernetes tells of it. */
  readonly serviceLinks: ReadonlyMap<string, string>;
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
export function readSources(settings: ReadonlyMap<string, Setting>, sources: ConfigSources): Readings {
  const { secrets = {} } = sources;
  const env = environmentOf(sources);
  const mounted = listDirectories(secretDirectories(env, sources.secretsDir));
  const { envFile = '.env' } = sources;
  const file = dotEnvOf(envFile, sources);
  const layers: Layer[] = [
    { origin: 'environment', values: env, directories: mounted.directories },
    { origin: envFile, values: file.values, directories: [], references: file.references },
  ];
  const readings = new Map<string, Reading>();
  const problems = [...mounted.problems, ...file.problems];
  for (const setting of settings.values()) {
    const secret = unlessUnset(withoutEnd(secrets[setting.name]), setting);
    const found = secret === undefined ? findIn(layers, setting) : { value: secret, origin: 'application' };
    if (found === undefined) continue;
    if ('code' in found) problems.push(found);
    else readings.set(setting.name, found);
  }
  const serviceLinks = serviceLinksIn(env);
  const set = [secrets, ...layers.map(({ values }) => values)].flatMap((values) =>
    Object.keys(values).filter((name) => unlessBlank(values[name]) !== undefined && !serviceLinks.has(name)),
  );
  const names = new Set([...set, ...mounted.directories.flatMap((directory) => [...directory.names])]);
  return {
    readings,
    problems,
    warnings: [
      ...mounted.warnings,
      ...file.warnings,
      ...untrimmedVariables(env),
      ...unreadFiles(settings, names, mounted.directories),
    ],
    names,
    serviceLinks,
  };
}

/** Where an environment stands in for the real one, only a file that is named is read beside it. */
function dotEnvOf(path: string, sources: ConfigSources) {
  const named = sources.envFile !== undefined;
  return named || sources.env === undefined ? readDotEnv(path, named, nodeEnvOf(sources)) : NO_FILE;
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
