import {
  type BaseConfig,
  CONNECTION_WARNING_IDS,
  type CacheConfig,
  type ConfigClass,
  type ConfigWarning,
  type LoadedSettings,
  type Setting,
  stateOf,
} from '../config/index.js';
import { BUILT_IN_CHECKS } from './built-in.checks.js';
import { guarded } from './guarded-check.js';
import { classOf, runOwnChecks, silencesOf } from './own-checks.js';
import { type Silence, type SilencedWarning, applySilences } from './silences.js';

/** What all checks have found. */
export interface ChecksReport {
  readonly findings: readonly ConfigWarning[];
  readonly silenced: readonly SilencedWarning[];
  /** Silences that matched no finding, although it was looked for. */
  readonly unusedSilences: readonly string[];
}

/** What is checked. */
export interface CheckedConfig extends Pick<LoadedSettings, 'values' | 'files' | 'warnings'> {
  readonly type: ConfigClass;
  /** The settings without a problem. */
  readonly settings: readonly Setting[];
  /** Undefined if the configuration has a problem or is a part. Then no server is asked, and no own check runs. */
  readonly service: { readonly config: BaseConfig; readonly cache: CacheConfig } | undefined;
  /** The warnings of `--connect`, which also asks the server of the cache. */
  readonly connected?: readonly ConfigWarning[] | undefined;
  /** Silences besides those of the class. */
  readonly silences?: readonly Silence[];
}

/** Runs the checks of this package and of the application, and applies the silences. */
export async function runAllChecks({
  type,
  service,
  connected,
  silences = [],
  ...read
}: CheckedConfig): Promise<ChecksReport> {
  const subject = { ...read, cache: connected === undefined ? service?.cache : undefined };
  const [builtIn, own] = await Promise.all([
    Promise.all(BUILT_IN_CHECKS.map((check) => guarded(check.ids[0], async () => check.run(subject)))),
    service === undefined ? [] : runOwnChecks(service.config),
  ]);
  const all = [...read.warnings, ...builtIn.flat(), ...(connected ?? []), ...own];
  const ofClass = silencesOf(type);
  const { idle, ...report } = applySilences(all, [...ofClass, ...silences]);
  const skipped: ReadonlySet<string> = new Set(
    connected === undefined ? CONNECTION_WARNING_IDS : ['cache-server'],
  );
  const unused = idle.filter(
    (silence) => !skipped.has(silence.id) && (service !== undefined || !ofClass.includes(silence)),
  );
  return {
    ...report,
    unusedSilences: unused.map(({ id, name }) => (name === undefined ? id : `${id}:${name}`)),
  };
}

/** Runs all checks of a loaded configuration. */
export function checkLoaded(config: BaseConfig): Promise<ChecksReport> {
  const { settings, values, files, warnings } = stateOf(config);
  return runAllChecks({
    type: classOf(config),
    settings: [...settings.values()],
    values,
    files,
    warnings,
    service: { config, cache: config.getCacheConfig() },
  });
}

/** Those of the warnings that the class does not silence. */
export function unsilenced(config: BaseConfig, warnings: readonly ConfigWarning[]): readonly ConfigWarning[] {
  return applySilences(warnings, silencesOf(classOf(config))).findings;
}

export { runOwnChecks } from './own-checks.js';
