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

/**
 * The variable that a reference in a setting's rule means, such as MAIL_PORT for `Joi.ref('port')` in the group `mail`.
 *
 * @param inner how deep the reference is in the value: 1 in the items of a list
 */
export function variableOf(target: Target, setting: Setting, inner = 0): string {
  const names = candidatesOf(target, setting, inner).map((path) => nameAt(path, setting.names));
  return names.find((name) => name !== undefined) ?? target.path.join('.');
}

/** The settings that the rules of a setting refer to. A reference to a group means all of its settings. */
export function referredSettings(setting: Setting, all: Iterable<Setting>): Setting[] {
  const others = [...all];
  return targetsIn(setting.rule.describe())
    .flatMap((target) => candidatesOf(target, setting))
    .flatMap((path) =>
      others.filter((other) => other.path.every((field, index) => [field, undefined].includes(path[index]))),
    );
}

/** The paths that the rules of a setting refer to from the root, as in `Joi.ref('/mail.host')`. */
export function rootPathsOf({ rule }: Setting): (readonly string[])[] {
  if (!mayReferToRoot(rule, new Set())) return [];
  return targetsIn(rule.describe()).flatMap(({ path, ancestor }) => (ancestor === 'root' ? [path] : []));
}

/** What all rules of a type share. */
const SHARED = new Set(['$_root', '$_super', '_definition']);

/** Whether a rule contains an expression or a reference to the root. Describing every rule would dominate the load time. */
function mayReferToRoot(part: unknown, seen: Set<unknown>): boolean {
  if (typeof part !== 'object' || part === null || seen.has(part)) return false;
  seen.add(part);
  if (Joi.isRef(part)) return (part as Target).ancestor === 'root';
  if (Joi.isExpression(part)) return true;
  const isCollection = part instanceof Set || part instanceof Map;
  const inner = isCollection
    ? [...part.values()]
    : Object.entries(part).map(([key, item]: [string, unknown]) => (SHARED.has(key) ? undefined : item));
  return inner.some((item) => mayReferToRoot(item, seen));
}

/** The paths that a reference may mean, from the root; the most likely first. */
function candidatesOf(
  { path, ancestor = 1, type = 'value' }: Target,
  setting: Setting,
  inner = 0,
): string[][] {
  if (type !== 'value') return [];
  if (ancestor === 'root') return [[...path]];
  const depth = setting.path.length;
  // Within a list or an object, a reference climbs further than the setting is deep.
  const levels = Array.from({ length: depth }, (_, level) => level).slice(Math.max(0, depth - ancestor));
  const exact = levels.filter((level) => level === depth + inner - ancestor);
  return [...new Set([...exact, ...levels])].map((level) => [...setting.path.slice(0, level), ...path]);
}

function targetsIn(description: unknown): Target[] {
  if (typeof description !== 'object' || description === null) return [];
  return Object.entries(description).flatMap(([key, item]: [string, unknown]) => {
    if (key === 'ref' && isTarget(item)) return [item];
    if (key === 'template' && typeof item === 'string') {
      return (item.match(/(?:\/|\.*)\w+(?:\.\w+)*/g) ?? []).flatMap(targetsOf);
    }
    return targetsIn(item);
  });
}

/** What a name in an expression may mean: after a /, the root, or a sibling by which something is divided. */
function targetsOf(name: string): Target[] {
  const [, lead = '', path = ''] = /^(\/|\.*)(.*)$/.exec(name) ?? [];
  const target = { path: path.split('.') };
  if (lead === '/') return [{ ...target, ancestor: 'root' }, target];
  return [{ ...target, ancestor: Math.max(1, lead.length - 1) }];
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
export function nameReferences<T>(data: T, setting: Setting, inner = 0): T {
  return rename(data, setting, inner) as T;
}

/** The parts of a description that are one level deeper in the value. */
const DEEPER = new Set(['items', 'ordered', 'keys']);

function rename(data: unknown, setting: Setting, inner: number): unknown {
  if (typeof data !== 'object' || data === null) return data;
  if (Joi.isRef(data)) return { path: [variableOf(data, setting, inner)] };
  if (Joi.isExpression(data)) return { source: renameIn((data as { source?: string }).source, setting) };
  if (Array.isArray(data)) return data.map((item) => rename(item, setting, inner));
  if (Object.getPrototypeOf(data) !== Object.prototype) return data;
  return Object.fromEntries(
    Object.entries(data as Record<string, unknown>).map(([key, item]) => {
      if (key === 'ref' && isTarget(item)) return [key, { path: [variableOf(item, setting, inner)] }];
      if (key === 'template' && typeof item === 'string') return [key, renameIn(item, setting)];
      return [key, rename(item, setting, DEEPER.has(key) ? inner + 1 : inner)];
    }),
  );
}

function isTarget(item: unknown): item is Target {
  return typeof item === 'object' && item !== null && Array.isArray((item as Partial<Target>).path);
}

/** Replaces the name in a sum such as '{port + 1}'. */
function renameIn(expression: string | undefined, setting: Setting): string | undefined {
  return expression?.replace(
    /^\{((?:\/|\.*)\w+(?:\.\w+)*)( \+ \d+\})$/,
    (_sum, name: string, rest: string) => `{${variableOf(targetsOf(name)[0]!, setting)}${rest}`,
  );
}
