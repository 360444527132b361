import type { AnySchema } from 'joi';
import { ConfigDefinitionError } from './config.error.js';
import { isDatabaseField, withoutDatabase } from './replaced-settings.js';
import { type DeclaredSetting, type Condition, isBuiltIn, isGroup, membersOf } from './setting.registry.js';

/** A setting of a configuration class or of one of its groups. */
export interface Setting extends DeclaredSetting {
  /** The name of its variable. */
  readonly name: string;
  /** Other names of its variable. */
  readonly alias: readonly string[];
  readonly rule: AnySchema;
  /** The fields that lead to it, such as ['mail', 'host']. */
  readonly path: readonly string[];
  /** The names of all variables of the class, by path. */
  readonly names: ReadonlyMap<string, string>;
}

/** A class with its settings and groups, by field. */
export interface ConfigShape {
  readonly type: Function;
  readonly settings: ReadonlyMap<string, Setting>;
  readonly groups: ReadonlyMap<string, GroupShape>;
}

/** A group of settings in a class or in another group. */
export interface GroupShape extends ConfigShape {
  readonly path: readonly string[];
  /** It is absent if none of its variables is set. */
  readonly optional: boolean;
  readonly about: string | undefined;
  readonly condition: Condition | undefined;
  /** Whether it replaces the database settings of the package. */
  readonly isDatabase: boolean;
}

/** The place of a group in a configuration class. */
interface Place {
  readonly path: readonly string[];
  readonly prefix: string;
  /** The classes that contain it, the outermost first. */
  readonly within: readonly Function[];
  /** The variables of the whole configuration class, by path. */
  readonly names: Map<string, string>;
}

/**
 * The shape of a class with the declarations of an overlay.
 *
 * @throws ConfigDefinitionError if two settings have one name, or if a group contains itself
 */
export function shapeOf(type: Function, overlay: Function = type): ConfigShape {
  const whole = build(type, overlay, { path: [], prefix: '', within: [], names: new Map() });
  const shape =
    databaseGroupsIn(whole).length === 0
      ? whole
      : { ...whole, settings: withoutDatabase(whole.settings, type, overlay) };
  refuseSharedNames(type, flatten(shape));
  return shape;
}

/** The groups that replace the database settings of the package. */
export function databaseGroupsIn(shape: ConfigShape): GroupShape[] {
  return groupsIn(shape).filter(({ isDatabase }) => isDatabase);
}

/** The settings of a class by the name of their variable, those of groups last. */
export function settingsOf(type: Function, overlay: Function = type): Map<string, Setting> {
  return settingsIn(shapeOf(type, overlay));
}

export function settingsIn(shape: ConfigShape): Map<string, Setting> {
  return new Map(flatten(shape).map((setting) => [setting.name, setting]));
}

/** The groups of a shape at all levels, each before those within it. */
export function groupsIn(shape: ConfigShape): GroupShape[] {
  return [...shape.groups.values()].flatMap((group) => [group, ...groupsIn(group)]);
}

/** Whether a file may hold the value of a setting. */
export function isReadFromFiles({ secret, file = false }: Pick<Setting, 'secret' | 'file'>): boolean {
  return secret || file;
}

/** Whether a setting or group is in the group with this path, at any level. */
export function isWithin({ path }: Pick<Setting, 'path'>, group: readonly string[]): boolean {
  return group.every((field, index) => field === path[index]);
}

function build(type: Function, overlay: Function, place: Place): ConfigShape {
  const { path, prefix, names } = place;
  const within = [...place.within, type];
  const own = membersOf(type);
  const settings = new Map<string, Setting>();
  const groups = new Map<string, GroupShape>();
  for (const [field, member] of membersOf(type, overlay)) {
    const at = [...path, field];
    if (field in (type.prototype as object)) {
      throw new ConfigDefinitionError(
        `${type.name}.${field} is a method of the class: give the setting another name`,
      );
    }
    if (isGroup(member)) {
      const base = own.get(field);
      const inner = isGroup(base) ? base.group : member.group;
      if (within.includes(inner)) throw new ConfigDefinitionError(`${inner.name} is a group of itself`);
      const { prefix: ownPrefix = `${snakeCase(field)}_`, optional = false, about, condition } = member;
      const isDatabase = member.replaces === 'database';
      if (!optional && condition !== undefined) refuseRequirement(type, field);
      // The class that injects the group, or reads it, does not expect undefined.
      if (optional && isGroup(base) && base.optional !== true) {
        throw new ConfigDefinitionError(
          `${overlay.name}.${field} is optional, but in ${type.name} it is not`,
        );
      }
      checkName(`_${ownPrefix}`, at);
      const shape = build(inner, member.group, { path: at, prefix: prefix + ownPrefix, within, names });
      groups.set(field, { ...shape, path: at, optional, about, condition, isDatabase });
    } else {
      const { alias = [], rule } = member;
      const name = member.name ?? (path.length === 0 ? field : prefix + snakeCase(field));
      for (const each of [member.name ?? [], alias].flat()) checkName(each, at);
      if (isBuiltIn(type, field)) checkBuiltIn(type, field, member);
      if (member.condition !== undefined && !isOptional(rule!)) refuseRequirement(type, field);
      names.set(at.join('.'), name);
      settings.set(field, { ...member, name, alias, rule: rule!, path: at, names });
    }
  }
  return { type, settings, groups };
}

function flatten({ settings, groups }: ConfigShape): Setting[] {
  return [...settings.values(), ...[...groups.values()].flatMap(flatten)];
}

function refuseSharedNames(type: Function, settings: readonly Setting[]): void {
  const owners = new Map<string, Setting>();
  for (const setting of settings) {
    const names = [setting.name, ...setting.alias];
    const files = isReadFromFiles(setting) ? names.map((name) => `${name}_FILE`) : [];
    for (const name of [...names, ...files]) {
      const owner = owners.get(name);
      if (owner !== undefined) {
        const [one, other] = [owner, setting].map(({ path }) => path.join('.'));
        const advice = isBuiltIn(type, one!)
          ? `use ${one}, which this package declares, or give ${other} another name or prefix` +
            (isDatabaseField(one!) && setting.path.length > 1
              ? ", or set replaces: 'database' on its group"
              : '')
          : 'give one of them another name or prefix';
        throw new ConfigDefinitionError(`${type.name} reads ${name} for ${one} and for ${other}: ${advice}`);
      }
      owners.set(name, setting);
    }
  }
}

/** `bulkMail` as BULK_MAIL; a name without lower-case letters stays as it is. */
function snakeCase(field: string): string {
  return field
    .replaceAll(/([a-z\d])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toUpperCase();
}

function isOptional(rule: AnySchema): boolean {
  return rule.$_getFlag('presence') === 'optional' && rule.$_getFlag('default') === undefined;
}

function refuseRequirement(type: Function, field: string): never {
  throw new ConfigDefinitionError(
    `${type.name}.${field}: requiredWhen needs a setting or group that is optional and has no default`,
  );
}

/** The package and the platform read these variables by their names, too. */
function checkBuiltIn(type: Function, field: string, { name = field, alias = [] }: DeclaredSetting): void {
  if (name !== field) {
    throw new ConfigDefinitionError(`${type.name}.${field} keeps the name of its variable: add an alias`);
  }
  // It selects the rules and whether .env is read, and Express reads it.
  if (field === 'NODE_ENV' && alias.length > 0) {
    throw new ConfigDefinitionError(`${type.name}.NODE_ENV cannot have an alias: libraries read NODE_ENV`);
  }
}

function checkName(name: string, path: readonly string[]): void {
  if (!/^\w+$/.test(name)) {
    throw new ConfigDefinitionError(
      `${path.join('.')}: names and prefixes of variables consist of letters, digits and underscores`,
    );
  }
}
