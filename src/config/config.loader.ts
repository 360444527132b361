import Joi, { type ObjectSchema, type ValidationErrorItem } from 'joi';
import type { ConfigClass } from './config-class.js';
import { sentenceOf, warningIdOf, type ConfigWarning } from './config.warning.js';
import { ConfigDefinitionError, ConfigError, type ConfigProblem } from './config.error.js';
import { nodeEnvOf, readSources, type ConfigSources, type Reading } from './sources/environment.source.js';
import { nearMiss } from './sources/near-miss.js';
import { problemOf } from './rules/problem-text.js';
import { compileRules, prepare } from './rules/compiled-rules.js';
import { reusedSecrets } from './rules/secret-reuse.js';
import { settingsOf, type Setting } from './setting.registry.js';

/** The settings of a class after everything was read and checked. */
export interface LoadedSettings {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly values: Readonly<Record<string, unknown>>;
  /** Where each value came from; a setting without an entry was not set. */
  readonly origins: ReadonlyMap<string, string>;
  readonly warnings: readonly ConfigWarning[];
}

/** What the sources hold for a class, allowed or not. A setting with a problem has its value as it was read. */
export interface Examination extends LoadedSettings {
  /** The class, and the one that is laid over it. */
  readonly subject: string;
  readonly problems: readonly ConfigProblem[];
  /** The files that hold secrets, by the name of their setting. */
  readonly files: ReadonlyMap<string, string>;
}

/** Reads every source, checks all settings at once and answers with values, or throws one ConfigError. */
export function loadSettings(type: ConfigClass, sources: ConfigSources): LoadedSettings {
  const { subject, problems, warnings, settings, values, origins } = examine(type, sources);
  if (problems.length > 0) {
    // What is odd about a setting explains nothing; what was not read does.
    const notes = warnings.filter(({ name }) => name === undefined).map(sentenceOf);
    throw new ConfigError(subject, problems, notes);
  }
  return { settings, values, origins, warnings };
}

/** Reads every source and checks all settings at once. */
export function examine(type: ConfigClass, sources: ConfigSources): Examination {
  const nodeEnv = nodeEnvOf(sources);
  const { environments } = type;
  const overlay =
    nodeEnv !== undefined && Object.hasOwn(environments, nodeEnv) ? environments[nodeEnv] : undefined;
  const { settings, schema } = rulesOf(type, overlay);

  const { readings, names, ...read } = readSources(settings.values(), sources);
  const raw: Record<string, unknown> = {};
  for (const [name, { value }] of readings) raw[name] = prepare(value, settings.get(name)!);
  const { value: values, error } = schema.validate(raw, { abortEarly: false });

  // A rule's own `.error()` comes back in place of every problem, and without what the report is made of.
  if (error !== undefined && !Joi.isError(error)) {
    throw new ConfigDefinitionError(
      `${type.name}: a rule uses .error(), which hides every other problem: use fix`,
    );
  }
  const meant = suggestions(settings, readings, names);
  const unread = new Set(read.problems.map(({ name }) => name));
  const refused = firstOfEach(error?.details ?? []).filter(({ path }) => !unread.has(String(path[0])));
  const problems = [
    ...read.problems,
    ...refused.map((detail) => describe(detail, settings.get(String(detail.path[0]))!, readings, meant)),
  ];
  problems.push(...repetitions(settings, values, readings, problems));
  const faulty = new Set(problems.map(({ name }) => name));
  return {
    subject: overlay === undefined ? type.name : `${type.name} under ${overlay.name}`,
    settings,
    values,
    origins: new Map([...readings].map(([name, { origin }]) => [name, origin])),
    files: new Map([...readings].flatMap(([name, { path }]) => (path === undefined ? [] : [[name, path]]))),
    problems,
    warnings: [
      ...read.warnings,
      ...[...meant].filter(([name]) => !faulty.has(name)).map(([name, set]) => misnamed(name, set)),
      ...cautions(
        [...settings.values()].filter(({ name }) => !faulty.has(name)),
        values,
      ),
    ],
  };
}

interface Rules {
  readonly settings: ReadonlyMap<string, Setting>;
  readonly schema: ObjectSchema;
}

const compiled = new WeakMap<Function, WeakMap<Function, Rules>>();

/** The rules of a class, under those of an overlay: compiled once, however many applications a process starts. */
function rulesOf(type: Function, overlay: Function = type): Rules {
  const ofType = compiled.get(type) ?? new WeakMap<Function, Rules>();
  compiled.set(type, ofType);
  let rules = ofType.get(overlay);
  if (rules === undefined) {
    const settings = settingsOf(type, overlay);
    ofType.set(overlay, (rules = { settings, schema: compileRules(settings.values()) }));
  }
  return rules;
}

/** One problem a setting is enough; a rule that only failed because another setting did is none. */
function firstOfEach(details: readonly ValidationErrorItem[]): ValidationErrorItem[] {
  const first = new Map<unknown, ValidationErrorItem>();
  for (const detail of details) {
    if (!first.has(detail.path[0])) first.set(detail.path[0], detail);
  }
  const own = [...first.values()].filter(({ type }) => type !== 'any.ref');
  return own.length > 0 ? own : [...first.values()];
}

function describe(
  detail: ValidationErrorItem,
  setting: Setting,
  readings: ReadonlyMap<string, Reading>,
  meant: ReadonlyMap<string, string>,
): ConfigProblem {
  const { name } = setting;
  const { code, message } = problemOf(detail, setting);
  const origin = readings.get(name)?.origin;
  const near = code === 'missing' ? meant.get(name) : undefined;
  if (near !== undefined) {
    return { name, code, message: `${message}; ${near} is set: did you mean ${name}?` };
  }
  const fix = code === 'missing' ? [howToSet(setting), setting.fix] : [setting.fix];
  return {
    name,
    code,
    message,
    ...(fix.some(Boolean) ? { fix: fix.filter(Boolean).join('; ') } : {}),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** Secrets that have to be distinct and are not. */
function repetitions(
  settings: ReadonlyMap<string, Setting>,
  values: Readonly<Record<string, unknown>>,
  readings: ReadonlyMap<string, Reading>,
  problems: readonly ConfigProblem[],
): ConfigProblem[] {
  const isDistinct = (name: string) => settings.get(name)!.distinct === true;
  return reusedSecrets(settings.values(), values)
    .filter(({ name, other }) => isDistinct(name) || isDistinct(other))
    .filter(({ name }) => problems.every((problem) => problem.name !== name))
    .map(({ name, item, other }) => ({
      name,
      code: 'invalid',
      message: `${item === undefined ? '' : `item ${item} `}is used for ${other} too`,
      fix: 'give each secret a value of its own',
      origin: readings.get(name)!.origin,
    }));
}

function howToSet({ name, secret }: Setting): string {
  return secret ? `set ${name}, or ${name}_FILE to a mounted secret` : `set ${name}`;
}

/** For each setting that is not set: the unknown name that was probably meant for it. */
function suggestions(
  settings: ReadonlyMap<string, Setting>,
  readings: ReadonlyMap<string, Reading>,
  names: ReadonlySet<string>,
): Map<string, string> {
  const known = (name: string) =>
    settings.has(name) || settings.get(name.replace(/_FILE$/, ''))?.secret === true;
  // A name of other characters was not mistyped, and would not stay on its line of the report.
  const unknown = [...names].filter((name) => /^[\w.-]+$/.test(name) && !known(name));
  const found = new Map<string, string>();
  for (const [name, { rule }] of settings) {
    if (readings.has(name) || rule.$_getFlag('presence') === 'forbidden') continue;
    const near = nearMiss(name, unknown);
    if (near !== undefined) found.set(name, near);
  }
  return found;
}

function misnamed(name: string, set: string): ConfigWarning {
  const message = 'is set and nothing reads it';
  return { id: 'near-miss', name: set, message, fix: `did you mean ${name}?` };
}

/** What the settings' own `warn` says of values that are allowed. */
function cautions(settings: readonly Setting[], values: Readonly<Record<string, unknown>>): ConfigWarning[] {
  return settings.flatMap(({ name, warn, fix }) => {
    const message = warn?.(values[name] as never);
    return message === undefined ? [] : [{ id: warningIdOf(name), name, message, ...(fix ? { fix } : {}) }];
  });
}
