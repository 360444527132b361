import { errorName } from '../../common/error-name.js';
import { type ConfigShape, type GroupShape, type Setting, settingsIn } from '../model/config-shape.js';
import { refuseReads } from '../model/absent-fields.js';
import { ConfigDefinitionError } from '../model/config.error.js';
import { freezeCopy } from '../model/frozen-value.js';
import { isAbsent } from './nested-values.js';

/** The values of a class, and what is known about each setting. */
interface CheckedValues {
  /** The class with all of its settings. */
  readonly whole: ConfigShape;
  /** What was read: all of the class, or a part. */
  readonly checked: ConfigShape;
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

/** Evaluates the conditions of settings and groups. A condition that refers to a faulty setting requires nothing. */
export function requirementsIn(state: CheckedValues): Requirements {
  const conditions = new Conditions(state);
  const missing: Setting[] = [];
  const groups = new Set<string>();
  const visit = (shape: ConfigShape, whole: ConfigShape) => {
    for (const setting of shape.settings.values()) {
      const isKnown = state.values[setting.name] !== undefined || state.unknown.has(setting.name);
      if (!isKnown && conditions.require(setting, whole)) missing.push(setting);
    }
    for (const [field, group] of shape.groups) {
      if (group.optional && conditions.require(group, whole)) groups.add(group.path.join('.'));
      if (!isAbsent(group, state.readings)) visit(group, whole.groups.get(field)!);
    }
  };
  visit(state.checked, state.whole);
  return { missing, groups, unread: conditions.unread };
}

/** The shape with these groups no longer optional. */
export function withRequired<S extends ConfigShape>(shape: S, required: ReadonlySet<string>): S {
  const groups = [...shape.groups].map(([field, group]): [string, GroupShape] => {
    const optional = group.optional && !required.has(group.path.join('.'));
    return [field, { ...withRequired(group, required), optional }];
  });
  return { ...shape, groups: new Map(groups) };
}

/** Ends a condition that refers to a value that is not known. */
const UNKNOWN = Symbol('unknown');

/** Evaluates conditions on views of the values. */
class Conditions {
  readonly unread = new Set<string>();
  private readonly evaluating = new Set<object>();
  /** By the class that declares the condition: one in `environments` has methods of its own. */
  private readonly views = new Map<ConfigShape, Map<object, object>>();

  constructor(private readonly state: CheckedValues) {}

  /** Whether the condition of a member of a class or group holds. */
  require(member: Setting | GroupShape, within: ConfigShape): boolean {
    const { condition, path } = member;
    if (condition === undefined || this.evaluating.has(member)) return false;
    this.evaluating.add(member);
    try {
      const required: unknown = condition.requiredWhen(this.viewOf(within, condition.declaredBy) as never);
      if (typeof required === 'boolean') return required;
    } catch (error) {
      // It is evaluated again when the settings that it reads are known.
      if (error === UNKNOWN || this.unread.size > 0) return false;
      if (error instanceof ConfigDefinitionError) throw error;
      throw new ConfigDefinitionError(`${this.nameOf(path)}: its requiredWhen threw ${errorName(error)}`);
    } finally {
      this.evaluating.delete(member);
    }
    if (this.unread.size > 0) return false;
    throw new ConfigDefinitionError(`${this.nameOf(path)}: its requiredWhen must return true or false`);
  }

  private nameOf(path: readonly string[]): string {
    return [this.state.whole.type.name, ...path].join('.');
  }

  /** The values as an instance of the class has them, with its methods. */
  private viewOf(shape: ConfigShape, declaredBy?: object): object {
    const own = shape.type.prototype as object;
    const isInherited = declaredBy === undefined || isPrototypeOf(declaredBy, own);
    const prototype = isInherited ? own : declaredBy;
    const views = this.views.get(shape) ?? new Map<object, object>();
    this.views.set(shape, views);
    const view = views.get(prototype) ?? this.makeView(shape, prototype);
    views.set(prototype, view);
    return view;
  }

  private makeView(shape: ConfigShape, prototype: object): object {
    const view = Object.create(prototype) as object;
    for (const [field, setting] of shape.settings) {
      const get = () => this.valueOf(setting, shape);
      Object.defineProperty(view, field, { get, enumerable: !setting.secret });
    }
    for (const [field, group] of shape.groups) {
      Object.defineProperty(view, field, { get: () => this.groupOf(group, shape), enumerable: true });
    }
    refuseReads(view, shape);
    return view;
  }

  private valueOf(setting: Setting, within: ConfigShape): unknown {
    const { settings, unknown, values } = this.state;
    const { name } = setting;
    if (!settings.has(name)) this.unread.add(name);
    const value = values[name];
    if (unknown.has(name) || (value === undefined && this.require(setting, within))) throw UNKNOWN;
    return freezeCopy(value, name);
  }

  private groupOf(group: GroupShape, within: ConfigShape): object | undefined {
    const names = [...settingsIn(group).keys()];
    if (!names.some((name) => this.state.settings.has(name))) {
      for (const name of names) this.unread.add(name);
    }
    if (!isAbsent(group, this.state.readings)) return this.viewOf(group);
    if (this.require(group, within)) throw UNKNOWN;
    return undefined;
  }
}

function isPrototypeOf(prototype: object, object: object): boolean {
  return prototype === object || Object.prototype.isPrototypeOf.call(prototype, object);
}
