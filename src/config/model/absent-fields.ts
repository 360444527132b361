import { type ConfigShape, databaseGroupsIn, shapeOf } from './config-shape.js';
import { ConfigDefinitionError } from './config.error.js';
import { membersOf } from './setting.registry.js';

/** Makes a read of a field outside of the shape throw: undefined would pass for an unset value. */
export function refuseReads(object: object, { type, settings, groups }: ConfigShape): void {
  for (const field of membersOf(type).keys()) {
    if (settings.has(field) || groups.has(field)) continue;
    Object.defineProperty(object, field, {
      get: () => {
        throw new ConfigDefinitionError(`${type.name}.${field} ${reasonOfAbsence(type, field)}`);
      },
      enumerable: false,
      configurable: false,
    });
  }
}

function reasonOfAbsence(type: Function, field: string): string {
  const whole = shapeOf(type);
  const isPart = whole.settings.has(field) || whole.groups.has(field);
  const [group] = isPart ? [] : databaseGroupsIn(whole);
  return group === undefined
    ? `was not picked: add '${field}' to pick()`
    : `does not exist, because the group ${group.path.join('.')} replaces the database settings of this package`;
}
