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
export function variableOf({ path, ancestor = 1, type = 'value' }: Target, setting: Setting): string {
  const text = path.join('.');
  if (type !== 'value') return text;
  const depth = setting.path.length;
  const first = ancestor === 'root' ? 0 : Math.max(0, depth - ancestor);
  // Within a list or an object, the reference climbs further than the setting is deep.
  const last = ancestor === 'root' ? 0 : depth - 1;
  for (let level = first; level <= last; level++) {
    const name = nameAt([...setting.path.slice(0, level), ...path], setting.names);
    if (name !== undefined) return name;
  }
  return text;
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
