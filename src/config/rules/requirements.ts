import { type ConfigShape, type GroupShape, type Setting, settingsIn } from '../model/config-shape.js';
import { ConfigDefinitionError } from '../model/config.error.js';
import { isAbsent } from './nested-values.js';

/** The values of a class, and what is known about each setting. */
interface CheckedValues {
  /** The class with all of its settings. */
  readonly whole: ConfigShape;
  /** The settings that were read: all of them, or those of a part. */
  readonly settings: ReadonlyMap<string, Setting>;
  readonly readings: ReadonlyMap<string, unknown>;
  readonly values: Readonly<Record<string, unknown>>;
  /** The settings whose values are not known, because they have problems. */
  readonly unknown: ReadonlySet<unknown>;
}

/** What the conditions of a class require of its values. */
interface Requirements {
  /** The settings that are required and have no value. */
  readonly missing: readonly Setting[];
  /** The paths of the optional groups that are required, joined by dots. */
  readonly groups: ReadonlySet<string>;
  /** The settings that conditions refer to and that were not read, because they are not in the part. */
  readonly unread: ReadonlySet<string>;
}

/** Ends a condition that refers to a value that is not known. */
const UNKNOWN = Symbol('unknown');

/** Evaluates the conditions of settings and groups. A condition that refers to a faulty setting requires nothing. */
export function requirementsIn(checked: ConfigShape, state: CheckedValues): Requirements {
  const missing: Setting[] = [];
  const groups = new Set<string>();
  const unread = new Set<string>();
  // Most classes have no condition, and need no view.
  const visit = (shape: ConfigShape, view: () => object) => {
    for (const setting of shape.settings.values()) {
      const isKnown = state.values[setting.name] !== undefined || state.unknown.has(setting.name);
      if (!isKnown && isRequired(setting, view)) missing.push(setting);
    }
    for (const [field, group] of shape.groups) {
      if (group.optional && isRequired(group, view)) groups.add(group.path.join('.'));
      if (!isAbsent(group, state.readings)) visit(group, () => (view() as Record<string, object>)[field]!);
    }
  };
  let root: object | undefined;
  visit(checked, () => (root ??= viewOf(state.whole, state, unread)));
  return { missing, groups, unread };
}

/** The shape with these groups no longer optional. */
export function withRequired<S extends ConfigShape>(shape: S, required: ReadonlySet<string>): S {
  const groups = [...shape.groups].map(([field, group]): [string, GroupShape] => {
    const optional = group.optional && !required.has(group.path.join('.'));
    return [field, { ...withRequired(group, required), optional }];
  });
  return { ...shape, groups: new Map(groups) };
}

function isRequired({ requiredWhen, path }: Setting | GroupShape, view: () => object): boolean {
  if (requiredWhen === undefined) return false;
  let required: unknown;
  try {
    required = requiredWhen(view() as never);
  } catch (error) {
    if (error === UNKNOWN) return false;
    throw new ConfigDefinitionError(`${path.join('.')}: its requiredWhen threw`);
  }
  if (typeof required !== 'boolean') {
    throw new ConfigDefinitionError(`${path.join('.')}: its requiredWhen must return true or false`);
  }
  return required;
}

/** The values as an instance of the class has them, with its methods. */
function viewOf(shape: ConfigShape, state: CheckedValues, unread: Set<string>): object {
  const view = Object.create(shape.type.prototype as object) as object;
  const define = (field: string, get: () => unknown) => Object.defineProperty(view, field, { get });
  for (const [field, { name }] of shape.settings) {
    define(field, () => {
      if (!state.settings.has(name)) unread.add(name);
      if (unread.has(name) || state.unknown.has(name)) throw UNKNOWN;
      return state.values[name];
    });
  }
  for (const [field, group] of shape.groups) {
    define(field, () => {
      const names = [...settingsIn(group).keys()];
      if (!names.some((name) => state.settings.has(name))) {
        for (const name of names) unread.add(name);
        throw UNKNOWN;
      }
      return isAbsent(group, state.readings) ? undefined : viewOf(group, state, unread);
    });
  }
  return view;
}
