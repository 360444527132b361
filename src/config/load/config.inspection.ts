import Joi, { type ObjectSchema, type ValidationResult } from 'joi';
import type { ConfigClass } from '../model/config-class.js';
import { ConfigDefinitionError, type ConfigProblem } from '../model/config.error.js';
import type { LoadedSettings } from './config.instance.js';
import { assertSupportedNode } from './node-version.js';
import { type ConfigWarning, warningIdOf } from '../model/config.warning.js';
import { rulesOf } from '../rules/class-rules.js';
import { settingProblems } from '../rules/setting-problems.js';
import { SecretTexts } from '../model/secret-texts.js';
import type { Setting } from '../model/setting.registry.js';
import { type ConfigSources, environmentOf, nodeEnvOf, readSources } from '../sources/environment.source.js';
import type { RawSetting } from '../sources/layer.js';
import { misnamedSettings } from '../sources/misnamed-settings.js';
import { acceptedStrayValues, findStrayValues, explainProblems } from '../sources/stray-values.js';

/** The values that the sources have for a class, valid or not. A setting with a problem keeps its raw value. */
export interface ConfigInspection extends LoadedSettings {
  /** The class, and the overlay class of the environment, if any. */
  readonly subject: string;
  readonly problems: readonly ConfigProblem[];
}

/** Reads every source and checks all settings at once. */
export function inspectConfig(type: ConfigClass, sources: ConfigSources): ConfigInspection {
  assertSupportedNode();
  const overlay = overlayOf(type, nodeEnvOf(sources));
  const { settings, schema } = rulesOf(type, overlay);
  const { readings: found, names, serviceLinks, ...read } = readSources(settings, sources);
  const readings = new Map(found);

  const { values, details } = validate(type, schema, readings);

  const suggestions = misnamedSettings(settings, readings, names);
  const unread = new Set(read.problems.map(({ name }) => name));
  const checked = { settings, readings, values, details, suggestions, serviceLinks };
  const strayValues = findStrayValues(checked);
  const refused = [...read.problems, ...explainProblems(settingProblems(checked, unread), strayValues)];
  const accepted = acceptedStrayValues(checked, strayValues, new Set(refused.map(({ name }) => name)));
  const problems = [...refused, ...accepted.problems];
  const faulty = new Set(problems.map(({ name }) => name));
  const sound = [...settings.values()].filter(({ name }) => !faulty.has(name));
  const secrets = new SecretTexts(settings.values(), values);
  // The application may change its environment after the boot.
  const isReread = values['SECRET_KEY_RELOAD_SECONDS'] !== 0;
  const later = isReread ? { ...sources, snapshot: { ...environmentOf(sources) } } : sources;
  return {
    subject: overlay === undefined ? type.name : `${type.name} under ${overlay.name}`,
    settings,
    values,
    origins: new Map([...readings].map(([name, { origin }]) => [name, origin])),
    files: new Map([...readings].flatMap(([name, { path }]) => (path === undefined ? [] : [[name, path]]))),
    reread: () => inspectConfig(type, later),
    problems,
    warnings: [
      ...read.warnings.filter(({ id, name }) => id !== 'stray-text' || !strayValues.has(name!)),
      ...accepted.warnings,
      ...sound
        .flatMap((setting) => warningsOf(setting, values, suggestions))
        .map((warning) => ({ ...warning, message: String(secrets.redact(warning.message)) })),
    ],
  };
}

/** Validates the raw values. A blank that the rule does not accept counts as unset. */
function validate(type: ConfigClass, schema: ObjectSchema, readings: Map<string, RawSetting>) {
  const { value: values, error } = tryRules(type, schema, readings);
  const refused = new Set(error?.details.map(({ path }) => path[0]));
  const blanks = [...readings].filter(([, { value }]) => value === '').map(([name]) => name);
  const unset = blanks.filter((name) => refused.has(name) || values[name] !== '');
  if (unset.length === 0) return { values, details: error?.details ?? [] };
  for (const name of unset) readings.delete(name);
  return validate(type, schema, readings);
}

/** Errors thrown by a rule are never passed on: they may contain the value. */
function tryRules(type: ConfigClass, schema: ObjectSchema, readings: ReadonlyMap<string, RawSetting>) {
  const raw = Object.fromEntries([...readings].map(([name, { value }]) => [name, value]));
  let result: ValidationResult<Record<string, unknown>>;
  try {
    result = schema.validate(raw, { abortEarly: false });
  } catch {
    throw new ConfigDefinitionError(
      `${type.name}: a rule threw; reject values with helpers.error() in .custom()`,
    );
  }
  // A rule's `.error()` replaces all problems and has none of the details that the report needs.
  if (result.error !== undefined && !Joi.isError(result.error)) {
    throw new ConfigDefinitionError(
      `${type.name}: a rule uses .error(), which hides every other problem: use fix`,
    );
  }
  return result as { value: Record<string, unknown>; error?: Joi.ValidationError };
}

function overlayOf({ environments }: ConfigClass, nodeEnv: string | undefined): ConfigClass | undefined {
  return nodeEnv !== undefined && Object.hasOwn(environments, nodeEnv) ? environments[nodeEnv] : undefined;
}

/** The warning of the setting's own `warn`, and the near miss of its name. */
function warningsOf(
  setting: Setting,
  values: Readonly<Record<string, unknown>>,
  suggestions: ReadonlyMap<string, string>,
): ConfigWarning[] {
  const { name, fix } = setting;
  const message = warningMessageOf(setting, values[name]);
  const misnamed = suggestions.get(name);
  const warnings: ConfigWarning[] = [];
  if (message !== undefined)
    warnings.push({ id: warningIdOf(setting), name, message, ...(fix ? { fix } : {}) });
  if (misnamed !== undefined) {
    const problem = 'is set but nothing reads it';
    warnings.push({ id: 'near-miss', name: misnamed, message: problem, fix: `did you mean ${name}?` });
  }
  return warnings;
}

function warningMessageOf({ name, warn }: Setting, value: unknown): string | undefined {
  try {
    return warn?.(value as never);
  } catch {
    throw new ConfigDefinitionError(`${name}: its warn threw`);
  }
}
