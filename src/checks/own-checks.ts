import { oneLine } from '../common/one-line.js';
import {
  type BaseConfig,
  type Check,
  type CheckFinding,
  type ConfigClass,
  ConfigDefinitionError,
  type ConfigWarning,
  redactCredentials,
  secretTextsOf,
} from '../config/index.js';
import { guardedInTime } from './guarded-check.js';
import { type Silence, parseSilence } from './silences.js';
import { warningIdsOf } from './warning-ids.js';

/** The class of a configuration. */
export function classOf(config: BaseConfig): ConfigClass<BaseConfig> {
  return config.constructor as ConfigClass<BaseConfig>;
}

/**
 * The silences of a class.
 *
 * @throws ConfigDefinitionError if one names no warning or has no reason, or if a check of the class is invalid
 */
export function silencesOf(type: ConfigClass): Silence[] {
  const known = warningIdsOf(type);
  return Object.entries(type.silences).map(([text, reason]) =>
    parseSilence(
      text,
      reason,
      known,
      (message) => new ConfigDefinitionError(`${type.name}.silences: ${message}`),
    ),
  );
}

/** Runs the checks of the application at the same time. */
export async function runOwnChecks(config: BaseConfig): Promise<ConfigWarning[]> {
  const secrets = secretTextsOf(config);
  const clean = (text: string) => oneLine(String(redactCredentials(secrets.redact(text))));
  const found = await Promise.all(classOf(config).checks.map((check) => runOwnCheck(check, config, clean)));
  return found.flat();
}

/** Checks that have not ended. One that never ends is not started again. */
const running = new WeakMap<BaseConfig, Map<Check, Promise<ConfigWarning[]>>>();

function runOwnCheck(
  check: Check,
  config: BaseConfig,
  clean: (text: string) => string,
): Promise<ConfigWarning[]> {
  const id = check.id as ConfigWarning['id'];
  let ofConfig = running.get(config);
  if (ofConfig === undefined) running.set(config, (ofConfig = new Map()));
  let found = ofConfig.get(check);
  if (found === undefined) {
    found = findingsOf(check, config, clean).finally(() => ofConfig.delete(check));
    ofConfig.set(check, found);
  }
  return guardedInTime(id, () => found);
}

async function findingsOf(
  check: Check,
  config: BaseConfig,
  clean: (text: string) => string,
): Promise<ConfigWarning[]> {
  const result = (await check.run(config)) ?? [];
  return [result].flat().map(({ name, message, fix }: CheckFinding) => ({
    id: check.id as ConfigWarning['id'],
    ...(name === undefined ? {} : { name: clean(textOf(name)) }),
    message: clean(textOf(message)),
    ...(fix === undefined ? {} : { fix: clean(textOf(fix)) }),
  }));
}

function textOf(text: unknown): string {
  if (typeof text !== 'string') throw new TypeError('a finding consists of texts');
  return text;
}
