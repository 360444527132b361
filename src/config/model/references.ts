import Joi from 'joi';
import type { Setting } from './config-shape.js';

/** A reference of a rule, or its description. */
interface Target {
  readonly path: readonly string[];
  /** How many levels above the value the path begins. Default: 1, beside the value. */
  readonly ancestor?: number | 'root';
  /** Absent or 'value' if it refers to a value. */
  readonly type?: string;
}

/** The variable that a reference in a setting's rule means, such as MAIL_PORT for `Joi.ref('port')` in the group `mail`. */
export function variableOf(target: Target, setting: Setting): string {
  const names = candidatesOf(target, setting).map((path) => nameAt(path, setting.names));
  return names.find((name) => name !== undefined) ?? target.path.join('.');
}

/** The settings that the rules of a setting refer to. A reference to a group means all of its settings. */
export function referredSettings(setting: Setting, all: Iterable<Setting>): Setting[] {
  const others = [...all];
  return targetsIn(setting.rule.describe()).flatMap((target) => {
    const found = candidatesOf(target, setting).map((path) =>
      others.filter((other) => other.path.every((field, index) => [field, undefined].includes(path[index]))),
    );
    return found.find(({ length }) => length > 0) ?? [];
  });
}

/** The paths that a reference may mean, from the root; the most likely first. */
function candidatesOf({ path, ancestor = 1, type = 'value' }: Target, setting: Setting): string[][] {
  if (type !== 'value') return [];
  if (ancestor === 'root') return [[...path]];
  const depth = setting.path.length;
  // Within a list or an object, a reference climbs further than the setting is deep.
  const levels = Array.from({ length: depth }, (_, level) => level).slice(Math.max(0, depth - ancestor));
  return levels.map((level) => [...setting.path.slice(0, level), ...path]);
}

function targetsIn(description: unknown): Target[] {
  if (typeof description !== 'object' || description === null) return [];
  return Object.entries(description).flatMap(([key, item]: [string, unknown]) => {
    if (key === 'ref' && isTarget(item)) return [item];
    if (key === 'template' && typeof item === 'string') {
      return (item.match(/\w+(?:\.\w+)*/g) ?? []).map((path) => ({ path: path.split('.') }));
    }
    return targetsIn(item);
  });
}

/** The variable of a path, with the rest of the path if that leads into the value. */
function nameAt(path: readonly string[], names: ReadonlyMap<string, string>): string | undefined {
  for (let end = path.length; end > 0; end--) {
    const name = names.get(path.slice(0, end).join('.'));
    if (name !== undefined) return [name, ...path.slice(end)].join('.');
  }
  return undefined;
}

/** Replaces the references in a rule's description, or in the context of a failure, by the names of variables. */
export function nameReferences<T>(data: T, setting: Setting): T {
  return rename(data, setting) as T;
}

function rename(data: unknown, setting: Setting): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (Joi.isRef(data)) return { path: [variableOf(data, setting)] };
  if (Joi.isExpression(data)) return { source: renameIn((data as { source?: string }).source, setting) };
  if (Array.isArray(data)) return data.map((item) => rename(item, setting));
  if (Object.getPrototypeOf(data) !== Object.prototype) return data;
  return Object.fromEntries(
    Object.entries(data as Record<string, unknown>).map(([key, item]) => {
      if (key === 'ref' && isTarget(item)) return [key, { path: [variableOf(item, setting)] }];
      if (key === 'template' && typeof item === 'string') return [key, renameIn(item, setting)];
      return [key, rename(item, setting)];
    }),
  );
}

function isTarget(item: unknown): item is Target {
  return typeof item === 'object' && item !== null && Array.isArray((item as Partial<Target>).path);
}

/** Replaces the name in a sum such as '{port + 1}'. */
function renameIn(expression: string | undefined, setting: Setting): string | undefined {
  return expression?.replace(
    /^\{(\w+)( \+ \d+\})$/,
    (_sum, name: string, rest: string) => `{${variableOf({ path: [name] }, setting)}${rest}`,
  );
}
