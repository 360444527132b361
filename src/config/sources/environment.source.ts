import { resolve } from 'node:path';
import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import type { Setting } from '../model/config-shape.js';
import { readDotEnvs } from './env-file.source.js';
import type { Environment, LoadOptions } from '../model/config-class.js';
import { References } from './env-references.js';
import { type Layer, type RawSetting, findFetched, findIn, nonBlank } from './layer.js';
import {
  type MountedDirectory,
  listDirectories,
  misplacedSecretProblems,
  unreadFileWarnings,
} from './mounted-directory.source.js';
import { serviceLinksIn, untrimmedVariableWarnings } from './platform-variables.js';

/** The sources of settings, and which settings are read. */
export interface ConfigSources extends Partial<Undefinable<LoadOptions>> {
  /** The fields of the class that are read. Default: all. */
  readonly only?: readonly string[] | undefined;
  /** Replaces `process.env`. */
  readonly env?: Environment | undefined;
  /** The environment of the process at an earlier time, instead of the current one. */
  readonly snapshot?: Environment | undefined;
  /** Secrets that the application fetched itself. They override every other source. */
  readonly secrets?: Readonly<Record<string, unknown>> | undefined;
}

type Undefinable<T> = { readonly [K in keyof T]: T[K] | undefined };

/** The contents of all sources, before validation. */
interface SourceValues {
  readonly readings: ReadonlyMap<string, RawSetting>;
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
  /** Every name that is set in any source, for suggestions; not the variables that references have inserted. */
  readonly names: ReadonlySet<string>;
  /** The name of the Service, by the name of the variable that Kubernetes sets for it. */
  readonly serviceLinks: ReadonlyMap<string, string>;
}

/** The environment itself, for variables that are not settings of a class. */
export function environmentOf({ env, snapshot = process.env }: ConfigSources): Environment {
  return env ?? snapshot;
}

/** NODE_ENV of the real environment: the only variable that `.env` cannot set. */
export function nodeEnvOf(sources: ConfigSources): string | undefined {
  return nonBlank(environmentOf(sources)['NODE_ENV'])?.trim();
}

/**
 * Looks up every setting in the application's secrets, then in the environment and mounted files, then in env files.
 *
 * @param known all settings of the class, of which `settings` may be a part
 */
export function readSources(
  settings: ReadonlyMap<string, Setting>,
  known: ReadonlyMap<string, Setting>,
  sources: ConfigSources,
): SourceValues {
  const { secrets = {} } = sources;
  const env = environmentOf(sources);
  const mounted = listDirectories(directoriesOf(env, sources));
  const files = dotEnvsOf(sources);
  const expanded = sources.expand === true ? new References(files.files, env, secretsIn(known)) : undefined;
  const layers: Layer[] = [
    { origin: 'environment', values: env, directories: mounted.directories },
    ...files.files.map((file) => ({
      origin: file.path,
      values: file.values,
      directories: [],
      references: file.references,
      expansionOf: expanded && ((name: string) => expanded.in(file, name)),
    })),
  ];
  const readings = new Map<string, RawSetting>();
  const problems = [
    ...mounted.problems,
    ...files.problems,
    ...misplacedSecretProblems(settings, mounted.directories),
  ];
  for (const setting of settings.values()) {
    const found = findFetched(secrets, setting) ?? findIn(layers, setting);
    if (found === undefined) continue;
    if ('code' in found) problems.push(found);
    else readings.set(setting.name, found);
  }
  const serviceLinks = serviceLinksIn(env);
  const set = [secrets, ...layers.map(({ values }) => values)].flatMap((values) =>
    Object.keys(values).filter((name) => nonBlank(values[name]) !== undefined && !serviceLinks.has(name)),
  );
  const read = expanded?.resolved ?? new Set();
  const unread = set.filter((name) => !read.has(name));
  const names = new Set([...unread, ...mounted.directories.flatMap((directory) => [...directory.names])]);
  return {
    readings,
    problems,
    warnings: [
      ...mounted.warnings,
      ...files.warnings,
      ...untrimmedVariableWarnings(env),
      ...unreadFileWarnings(settings, names, mounted.directories),
    ],
    names,
    serviceLinks,
  };
}

/** If `env` replaces the real environment, only files that `envFile` names are read. */
function dotEnvsOf(sources: ConfigSources) {
  const { envFile, env } = sources;
  const isNamed = envFile !== undefined;
  const paths = isNamed ? [envFile].flat() : env === undefined ? ['.env'] : [];
  const distinct = new Map(paths.toReversed().map((path) => [resolve(path), path]));
  return readDotEnvs([...distinct.values()].toReversed(), isNamed, nodeEnvOf(sources));
}

function secretsIn(known: ReadonlyMap<string, Setting>): string[] {
  return [...known.values()].flatMap(({ secret, name, alias }) => (secret ? [name, ...alias] : []));
}

/** The directories of mounted secrets, systemd's first, and the one of other settings. */
function directoriesOf(
  env: Environment,
  { secretsDir, settingsDir }: ConfigSources,
): readonly MountedDirectory[] {
  const ofVariable = (name: string) => ({ label: `$${name}`, path: env[name] });
  const named = [
    { holds: 'secrets', ...ofVariable('CREDENTIALS_DIRECTORY') },
    {
      holds: 'secrets',
      ...(secretsDir === undefined ? ofVariable('SECRETS_DIR') : { label: 'secretsDir', path: secretsDir }),
    },
    {
      holds: 'settings',
      ...(settingsDir === undefined
        ? ofVariable('SETTINGS_DIR')
        : { label: 'settingsDir', path: settingsDir }),
    },
  ] as const;
  return named.flatMap(({ path, ...directory }) =>
    nonBlank(path) === undefined ? [] : [{ ...directory, path: path! }],
  );
}
