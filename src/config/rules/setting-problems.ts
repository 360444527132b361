import type { ValidationErrorItem } from 'joi';
import type { ConfigProblem } from '../model/config.error.js';
import {
  type ConfigShape,
  type Setting,
  groupsIn,
  isReadFromFiles,
  isWithin,
  settingsIn,
} from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';
import { BUDGET_NAMES, connectionBudgetProblem } from './connection-budget.js';
import {
  CACHE_TLS_NAMES,
  CLIENT_CERTIFICATE_NAMES,
  cacheTlsProblem,
  clientCertificateProblem,
} from './cache-tls.js';
import { DATABASE_NAMES, databaseProblem } from './database-settings.js';
import { KEY_NAMES, keyScheduleProblem } from './key-schedule.js';
import { UNEXPLAINED, problemOf } from './problem-text.js';
import { findReusedSecrets } from './secret-reuse.js';

/** Rules about several settings; they apply once each of these is valid by itself. */
const ACROSS = [
  { names: BUDGET_NAMES, problemIn: connectionBudgetProblem },
  { names: DATABASE_NAMES, problemIn: databaseProblem },
  { names: KEY_NAMES, problemIn: keyScheduleProblem },
  { names: CACHE_TLS_NAMES, problemIn: cacheTlsProblem },
  { names: CLIENT_CERTIFICATE_NAMES, problemIn: clientCertificateProblem },
];

/** The values that were read, and the result of their validation. */
interface CheckedSources {
  readonly shape: ConfigShape;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly readings: ReadonlyMap<string, RawSetting>;
  readonly values: Readonly<Record<string, unknown>>;
  /** The problems that Joi found. */
  readonly details: readonly ValidationErrorItem[];
  /** For a setting that is not set: the unknown name that was probably meant for it. */
  readonly suggestions: ReadonlyMap<string, string>;
}

/**
 * The problems of settings that could be read: rejected values, secrets that are not distinct, and values that do not fit
 * together.
 */
export function settingProblems(checked: CheckedSources, unread: ReadonlySet<string>): ConfigProblem[] {
  const { settings, details } = checked;
  const refused = firstOfEach(details)
    .filter(({ path }) => !unread.has(String(path[0])))
    .map((detail) => describe(detail, settings.get(String(detail.path[0]))!, checked));
  const named = new Set([...unread, ...refused.map(({ name }) => name)]);
  const repeated = reuseProblems(checked).filter(
    ({ name }, index, all) => !named.has(name) && all.findIndex((other) => other.name === name) === index,
  );
  // A group may have settings of its own under names of the package's: see the option `replaces`.
  const isFit = (name: string) => !named.has(name) && (settings.get(name)?.path.length ?? 1) === 1;
  const across = ACROSS.filter(({ names }) => names.every(isFit)).flatMap(
    ({ problemIn }) => problemIn(settings, checked.values, checked.readings) ?? [],
  );
  return [...refused, ...repeated, ...across];
}

/** The first problem of each setting. A rule that failed only because another setting failed is left out. */
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
  { shape, readings, suggestions }: CheckedSources,
): ConfigProblem {
  const { name } = setting;
  const { code, message, fix: ownFix = setting.fix } = problemOf(detail, setting);
  const origin = readings.get(name)?.origin;
  const near = code === 'missing' ? suggestions.get(name) : undefined;
  if (near !== undefined) {
    return { name, code, message: `${message}; ${near} is set: did you mean ${name}?` };
  }
  const reason = code === 'missing' ? reasonOf(detail, setting, shape) : undefined;
  const isUnexplained = message.endsWith(UNEXPLAINED);
  const fix = [
    ...(code === 'missing' ? [howToSet(setting), howToDoWithout(setting, shape, readings)] : []),
    ownFix ??
      (isUnexplained ? 'its class can explain why, with fix or with .messages() of a Joi rule' : undefined),
  ].filter(Boolean);
  return {
    name,
    code,
    message: reason === undefined ? message : `${message}; required because ${reason}`,
    ...(setting.about && (code === 'missing' || isUnexplained) ? { about: setting.about } : {}),
    ...(fix.length > 0 ? { fix: fix.join('; ') } : {}),
    ...(origin === undefined ? {} : { origin }),
  };
}

/** Why a setting is required that is optional otherwise, or whose group is. */
function reasonOf(
  { context }: ValidationErrorItem,
  setting: Setting,
  shape: ConfigShape,
): string | undefined {
  const group = groupsIn(shape).findLast(
    ({ optional, condition, path }) => !optional && condition !== undefined && isWithin(setting, path),
  );
  return (context?.['because'] as string | undefined) ?? group?.condition?.because;
}

function howToSet(setting: Setting): string {
  const { name } = setting;
  return isReadFromFiles(setting) ? `set ${name}, or ${name}_FILE to a mounted secret` : `set ${name}`;
}

/** A setting is missing because others of its optional group are set. */
function howToDoWithout(
  setting: Setting,
  shape: ConfigShape,
  readings: ReadonlyMap<string, RawSetting>,
): string | undefined {
  const group = groupsIn(shape).findLast(({ optional, path }) => optional && isWithin(setting, path));
  if (group === undefined) return undefined;
  const others = [...settingsIn(group).keys()].filter((name) => readings.has(name));
  return `or unset ${others.join(', ')} to do without ${group.path.join('.')}`;
}

/** Secrets that must be distinct but are not. */
function reuseProblems({ settings, values, readings }: CheckedSources): ConfigProblem[] {
  const isDistinct = (name: string) => settings.get(name)!.distinct === true;
  return findReusedSecrets(settings.values(), values)
    .filter(({ name, other }) => isDistinct(name) || isDistinct(other))
    .map(({ name, item, other }) => ({
      name,
      code: 'invalid',
      message: `${item === undefined ? '' : `item ${item} `}is also used for ${other}`,
      fix: 'give each secret its own value',
      ...(readings.has(name) ? { origin: readings.get(name)!.origin } : {}),
    }));
}
