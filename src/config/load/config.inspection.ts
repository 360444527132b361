import Joi, { type ValidationResult } from 'joi';
import type { ConfigClass } from '../model/config-class.js';
import { ConfigDefinitionError, type ConfigProblem } from '../model/config.error.js';
import type { LoadedSettings } from './config.instance.js';
import { assertSupportedNode } from './node-version.js';
import { type ConfigWarning, warningIdOf } from '../model/config.warning.js';
import { absentSettings, flattenDetail, flattenValues, nestReadings } from '../rules/nested-values.js';
import { rulesOf } from '../rules/class-rules.js';
import { requirementsIn, withRequired } from '../rules/requirements.js';
import { settingProblems } from '../rules/setting-problems.js';
import { SecretTexts } from '../model/secret-texts.js';
import { type ConfigShape, type Setting, settingsIn } from '../model/config-shape.js';
import { type ConfigSources, environmentOf, nodeEnvOf, readSources } from '../sources/environment.source.js';
import type { RawSetting } from '../sources/layer.js';
import { misnamedSettings } from '../sources/misnamed-settings.js';
import { acceptedStrayValues, findStrayValues, explainProblems } from '../sources/stray-values.js';

/** The values that the sources have for a class, valid or not. A setting with a problem keeps its raw value. */
export interface ConfigInspection extends LoadedSettings {
  readonly problems: readonly ConfigProblem[];
}

/**
 * Reads every source and checks all settings at once.
 *
 * @param needed settings that conditions of a part refer to, by the name of their variable
 */
export function inspectConfig(
  type: ConfigClass,
  sources: ConfigSources,
  needed: ReadonlySet<string> = new Set(),
): ConfigInspection {
  assertSupportedNode();
  const overlay = overlayOf(type, nodeEnvOf(sources));
  const rules = rulesOf(type, overlay, sources.only, needed);
  const { settings } = rules;
  const known = settingsIn(rules.whole);
  const { readings: found, names, serviceLinks, ...read } = readSources(settings, known, sources);
  const readings = new Map(found);
  const unread = new Set(read.problems.map(({ name }) => name));

  const { shape, picked, values, details, further } = validate({ type, ...rules }, readings, unread);
  if (further.size > 0) return inspectConfig(type, sources, new Set([...needed, ...further]));

  const suggestions = misnamedSettings(known, readings, names);
  const checked = { shape, settings, readings, values, details, suggestions, serviceLinks };
  const strayValues = findStrayValues(checked);
  const refused = [...read.problems, ...explainProblems(settingProblems(checked, unread), strayValues)];
  const accepted = acceptedStrayValues(checked, strayValues, new Set(refused.map(({ name }) => name)));
  const problems = [...refused, ...accepted.problems];
  const faulty = new Set(problems.map(({ name }) => name));
  const sound = [...settings.values()].filter(({ name }) => !faulty.has(name));
  const absent = absentSettings(shape, readings);
  const secrets = new SecretTexts(settings.values(), values);
  // The application may change its environment after the boot.
  const isReread = values['SECRET_KEY_RELOAD_SECONDS'] !== 0;
  const later = isReread ? { ...sources, snapshot: { ...environmentOf(sources) } } : sources;
  return {
    subject: overlay === undefined ? type.name : `${type.name} under ${overlay.name}`,
    shape: picked,
    settings,
    values,
    origins: new Map([...readings].map(([name, { origin }]) => [name, origin])),
    files: new Map(
      [...readings].flatMap(([name, { path }]) =>
        path === undefined || !settings.get(name)!.secret ? [] : [[name, path]],
      ),
    ),
    reread: () => inspectConfig(type, later),
    problems,
    warnings: [
      ...read.warnings.filter(({ id, name }) => id !== 'stray-text' || !strayValues.has(name!)),
      ...accepted.warnings,
      ...sound
        .flatMap((setting) => [
          ...(absent.has(setting.name) ? [] : ownWarning(setting, values)),
          ...nearMissWarning(setting, suggestions),
        ])
        .map((warning) => ({ ...warning, message: String(secrets.redact(warning.message)) })),
    ],
  };
}

/** A class, and what checks its values. */
interface Checks extends ReturnType<typeof rulesOf> {
  readonly type: ConfigClass;
}

interface Validated {
  /** What was checked; the groups that a condition requires are not optional in it. */
  readonly shape: ConfigShape;
  readonly picked: ConfigShape;
  readonly values: Readonly<Record<string, unknown>>;
  readonly details: readonly Joi.ValidationErrorItem[];
  /** The settings that conditions refer to and that were not read. */
  readonly further: ReadonlySet<string>;
}

/** Validates the raw values, with what conditions require because of them. */
function validate(checks: Checks, readings: Map<string, RawSetting>, unread: ReadonlySet<string>): Validated {
  const { checked, picked, whole } = checks;
  const { values, details } = applyRules(checks, readings);
  const unknown = new Set([...unread, ...details.map(({ path }) => path[0])]);
  const required = requirementsIn({ ...checks, readings, values, unknown });
  if (required.groups.size > 0) {
    const complete = (shape: ConfigShape) => withRequired(shape, required.groups);
    const shapes = { checked: complete(checked), picked: complete(picked), whole: complete(whole) };
    return validate({ ...checks, ...shapes }, readings, unread);
  }
  const missing = required.missing.map(({ name, condition }) => ({
    type: 'any.required',
    path: [name],
    message: '',
    context: { because: condition?.because },
  }));
  return { shape: checked, picked, values, details: [...details, ...missing], further: required.unread };
}

/** Applies the rules. A blank that the rule does not accept counts as unset. */
function applyRules(checks: Checks, readings: Map<string, RawSetting>) {
  const { value, error } = tryRules(checks, readings);
  const values = flattenValues(checks.settings.values(), value);
  const details = (error?.details ?? []).map((detail) => flattenDetail(detail, checks.checked));
  const refused = new Set(details.map(({ path }) => path[0]));
  const blanks = [...readings].filter(([, reading]) => reading.value === '').map(([name]) => name);
  const unset = blanks.filter((name) => refused.has(name) || values[name] !== '');
  if (unset.length === 0) return { values, details };
  for (const name of unset) readings.delete(name);
  return applyRules(checks, readings);
}

/** Errors thrown by a rule are never passed on: they may contain the value. */
function tryRules({ type, checked, schema }: Checks, readings: ReadonlyMap<string, RawSetting>) {
  const raw = nestReadings(checked, readings);
  let result: ValidationResult<Record<string, unknown>>;
  try {
    result = schema.validate(raw, { abortEarly: false });
  } catch (error) {
    const [, reference] = /exceeds the schema root: ref:([\w./]+)$/.exec((error as Error).message) ?? [];
    throw new ConfigDefinitionError(
      reference === undefined
        ? `${type.name}: a rule threw; reject values with helpers.error() in .custom()`
        : `${type.name}: ${reference} in a rule leads out of the class: write / before a setting of ${type.name}`,
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

/** The warning of the setting's own `warn`. */
function ownWarning(setting: Setting, values: Readonly<Record<string, unknown>>): ConfigWarning[] {
  const { name, fix } = setting;
  const message = warningMessageOf(setting, values[name]);
  if (message === undefined) return [];
  return [{ id: warningIdOf(setting), name, message, ...(fix ? { fix } : {}) }];
}

function nearMissWarning({ name }: Setting, suggestions: ReadonlyMap<string, string>): ConfigWarning[] {
  const misnamed = suggestions.get(name);
  if (misnamed === undefined) return [];
  const message = 'is set but nothing reads it';
  return [{ id: 'near-miss', name: misnamed, message, fix: `did you mean ${name}?` }];
}

function warningMessageOf({ name, warn }: Setting, value: unknown): string | undefined {
  try {
    return warn?.(value as never);
  } catch {
    throw new ConfigDefinitionError(`${name}: its warn threw`);
  }
}
