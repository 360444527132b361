import type { ValidationErrorItem } from 'joi';
import {
  type ConfigShape,
  type GroupShape,
  type Setting,
  groupsIn,
  settingsIn,
} from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';

/** The raw values as an object per group. An optional group is absent if none of its variables is set. */
export function nestReadings(
  shape: ConfigShape,
  readings: ReadonlyMap<string, RawSetting>,
): Record<string, unknown> {
  const own = [...shape.settings].flatMap(([field, { name }]) => {
    const reading = readings.get(name);
    return reading === undefined ? [] : [[field, reading.value] as const];
  });
  const groups = [...shape.groups].flatMap(([field, group]) =>
    isAbsent(group, readings) ? [] : [[field, nestReadings(group, readings)] as const],
  );
  return Object.fromEntries([...own, ...groups]);
}

/** The settings of optional groups that have no variable set. */
export function absentSettings(
  shape: ConfigShape,
  readings: ReadonlyMap<string, RawSetting>,
): ReadonlySet<string> {
  const absent = groupsIn(shape).filter((group) => isAbsent(group, readings));
  return new Set(absent.flatMap((group) => [...settingsIn(group).keys()]));
}

/** Whether a group is optional and none of its variables is among the given names. */
export function isAbsent(group: GroupShape, given: Pick<ReadonlyMap<string, unknown>, 'has'>): boolean {
  return group.optional && ![...settingsIn(group).keys()].some((name) => given.has(name));
}

/** The values by the name of their variable. */
export function flattenValues(
  settings: Iterable<Setting>,
  nested: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return Object.fromEntries(
    [...settings].flatMap(({ name, path }) => {
      const value = valueAt(nested, path);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** The value that fields lead to; undefined if one of them has no value. */
export function valueAt(object: unknown, path: readonly string[]): unknown {
  let value = object;
  for (const field of path) value = (value as Record<string, unknown> | null | undefined)?.[field];
  return value;
}

/** A problem whose path begins with the name of the variable instead of with the fields that lead to it. */
export function flattenDetail(detail: ValidationErrorItem, shape: ConfigShape): ValidationErrorItem {
  const [field, ...rest] = detail.path;
  const group = shape.groups.get(String(field));
  if (group !== undefined) return flattenDetail({ ...detail, path: rest }, group);
  const name = shape.settings.get(String(field))?.name;
  return { ...detail, path: [name ?? String(field), ...rest] };
}
