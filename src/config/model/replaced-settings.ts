import { ConfigDefinitionError } from './config.error.js';
import { isBuiltIn, isRedeclared } from './setting.registry.js';

export function isDatabaseField(field: string): boolean {
  return field.startsWith('DATABASE_');
}

/**
 * The settings by field, without the database settings of the package.
 *
 * @throws ConfigDefinitionError if a class declares one of those again
 */
export function withoutDatabase<T>(
  settings: ReadonlyMap<string, T>,
  type: Function,
  overlay: Function,
): ReadonlyMap<string, T> {
  const kept = new Map(settings);
  for (const field of settings.keys()) {
    if (!isDatabaseField(field) || !isBuiltIn(type, field)) continue;
    const owner = [type, overlay].find((each) => isRedeclared(each, field));
    if (owner !== undefined) {
      throw new ConfigDefinitionError(
        `${owner.name}.${field} is declared again, but a group replaces the database settings of this package: remove one of them`,
      );
    }
    kept.delete(field);
  }
  return kept;
}
