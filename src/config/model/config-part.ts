import { ConfigDefinitionError } from './config.error.js';
import {
  type ConfigShape,
  type GroupShape,
  type Setting,
  groupsIn,
  isWithin,
  settingsIn,
} from './config-shape.js';
import { referredSettings } from './rule-references.js';
import { readsOf } from './setting.registry.js';

/** A part of a configuration class. */
export interface ConfigPart {
  /** What the part has. */
  readonly picked: ConfigShape;
  /** What is read and checked: the part, and the settings that its rules refer to. */
  readonly checked: ConfigShape;
}

/**
 * @param further settings that are read and checked besides, by the name of their variable
 * @throws ConfigDefinitionError if a name is neither a setting nor a group nor a member of the class
 */
export function partOf(
  shape: ConfigShape,
  names: readonly string[],
  further: ReadonlySet<string> = new Set(),
): ConfigPart {
  const { type, settings, groups } = shape;
  const unknown = names.find(
    (name) => !settings.has(name) && !groups.has(name) && !(name in (type.prototype as object)),
  );
  if (unknown !== undefined) {
    throw new ConfigDefinitionError(`${type.name}.pick() got '${unknown}', which ${type.name} does not have`);
  }
  const fields = new Set([...names, ...readsOf(type, names)]);
  const picked = {
    type,
    settings: new Map([...settings].filter(([field]) => fields.has(field))),
    groups: new Map([...groups].filter(([field]) => fields.has(field))),
  };
  const all = [...settingsIn(shape).values()];
  const needed = new Set([...settingsIn(picked).values(), ...all.filter(({ name }) => further.has(name))]);
  const optional = groupsIn(shape).filter((group) => group.optional);
  // Settings that are added here are visited, too.
  for (const setting of needed) {
    for (const other of referredSettings(setting, all)) needed.add(other);
    // Whether an optional group is there depends on all of its variables.
    for (const group of optional.filter(({ path }) => isWithin(setting, path))) {
      for (const other of settingsIn(group).values()) needed.add(other);
    }
  }
  return { picked, checked: only(needed, shape) };
}

function only(needed: ReadonlySet<Setting>, { type, settings, groups }: ConfigShape): ConfigShape {
  return {
    type,
    settings: new Map([...settings].filter(([, setting]) => needed.has(setting))),
    groups: new Map(
      [...groups].flatMap(([field, group]): [string, GroupShape][] => {
        const part = { ...group, ...only(needed, group) };
        return settingsIn(part).size === 0 ? [] : [[field, part]];
      }),
    ),
  };
}
