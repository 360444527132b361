import Joi, { type ObjectSchema, type ValidationResult } from 'joi';
import type { ConfigClass } from '../model/config-class.js';
import { ConfigDefinitionError, type ConfigProblem } from '../model/config.error.js';
import type { LoadedSettings } from './config.instance.js';
import { requireNode } from './node-version.js';
import { type ConfigWarning, warningIdOf } from '../model/config.warning.js';
import { rulesOf } from '../rules/class-rules.js';
import { settingProblems } from '../rules/setting-problems.js';
import { SecretTexts } from '../model/secret-texts.js';
import type { Setting } from '../model/setting.registry.js';
import { type ConfigSources, nodeEnvOf, readSources } from '../sources/environment.source.js';
import type { Reading } from '../sources/layer.js';
import { misnamedSettings } from '../sources/misnamed-settings.js';
import { acceptedDebris, debrisIn, explained } from '../sources/value-debris.js';

/** What the sources hold for a class, allowed or not. A setting with a problem has its value as it was read. */
export interface Examination extends LoadedSettings {
  /** The class, and the one that is laid over it. */
  readonly subject: string;
  readonly problems: readonly ConfigProblem[];
  /** The files that hold secrets, by the name of their setting. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads every source and checks all settings at once. */
export function examine(type: ConfigClass, sources: ConfigSources): Examination {
  requireNode();
  const overlay = overlayOf(type, nodeEnvOf(sources));
  const { settings, schema } = rulesOf(type, overlay);
  const { readings: found, names, serviceLinks, ...read } = readSources(settings, sources);
  const readings = new Map(found);

  const { values, details } = validate(type, schema, readings);

  const meant = misnamedSettings(settings, readings, names);
  const unread = new Set(read.problems.map(({ name }) => name));
  const checked = { settings, readings, values, details, meant, serviceLinks };
  const debris = debrisIn(checked);
  const refused = [...read.problems, ...explained(settingProblems(checked, unread), debris)];
  const accepted = acceptedDebris(checked, debris, new Set(refused.map(({ name }) => name)));
  const problems = [...refused, ...accepted.problems];
  const faulty = new Set(problems.map(({ name }) => name));
  const sound = [...settings.values()].filter(({ name }) => !faulty.has(name));
  const secrets = new SecretTexts(settings.values(), values);
  return {
    subject: overlay === undefined ? type.name : `${type.name} under ${overlay.name}`,
    settings,
    values,
    origins: new Map([...readings].map(([name, { origin }]) => [name, origin])),
    files: new Map([...readings].flatMap(([name, { path }]) => (path === undefined ? [] : [[name, path]]))),
    problems,
    warnings: [
      ...read.warnings.filter(({ id, name }) => id !== 'stray-text' || !debris.has(name!)),
      ...accepted.warnings,
      ...sound
        .flatMap((setting) => warningsOf(setting, values, meant))
        .map((warning) => ({ ...warning, message: String(secrets.redact(warning.message)) })),
    ],
  };
}

/** Checks what was read. A blank that the rule, as it stands here, does not take is unset after all. */
function validate(type: ConfigClass, schema: ObjectSchema, readings: Map<string, Reading>) {
  const { value: values, error } = tryRules(type, schema, readings);
  const refused = new Set(error?.details.map(({ path }) => path[0]));
  const blanks = [...readings].filter(([, { value }]) => value === '').map(([name]) => name);
  const unset = blanks.filter((name) => refused.has(name) || values[name] !== '');
  if (unset.length === 0) return { values, details: error?.details ?? [] };
  for (const name of unset) readings.delete(name);
  return validate(type, schema, readings);
}

/** Errors thrown by a rule are never passed on: they may quote the value. */
function tryRules(type: ConfigClass, schema: ObjectSchema, readings: ReadonlyMap<string, Reading>) {
  const raw = Object.fromEntries([...readings].map(([name, { value }]) => [name, value]));
  let result: ValidationResult<Record<string, unknown>>;
  try {
    result = schema.validate(raw, { abortEarly: false });
  } catch {
    throw new ConfigDefinitionError(
      `${type.name}: a rule throws; refuse a value with helpers.error() in .custom()`,
    );
  }
  // A rule's own `.error()` comes back in place of every problem, and without what the report is made of.
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

/** What its own `warn` says of a value that is allowed, and a name that was probably meant for the setting. */
function warningsOf(
  setting: Setting,
  values: Readonly<Record<string, unknown>>,
  meant: ReadonlyMap<string, string>,
): ConfigWarning[] {
  const { name, fix } = setting;
  const message = cautionOf(setting, values[name]);
  const misnamed = meant.get(name);
  return [
    ...(message === undefined ? [] : [{ id: warningIdOf(setting), name, message, ...(fix ? { fix } : {}) }]),
    ...(misnamed === undefined
      ? []
      : [
          {
            id: 'near-miss',
            name: misnamed,
            message: 'is set and nothing reads it',
            fix: `did you mean ${name}?`,
          },
        ]),
  ];
}

function cautionOf({ name, warn }: Setting, value: unknown): string | undefined {
  try {
    return warn?.(value as never);
  } catch {
    throw new ConfigDefinitionError(`${name}: its warn throws`);
  }
}
