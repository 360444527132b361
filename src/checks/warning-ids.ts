import {
  type ConfigClass,
  ConfigDefinitionError,
  DevelopmentConfig,
  ProductionConfig,
  WARNING_IDS,
  defineCheck,
  settingsOf,
  warningIdOf,
} from '../config/index.js';

/**
 * The ids of all warnings that a class can raise under any NODE_ENV, and of its own checks.
 *
 * @throws ConfigDefinitionError if a check of the class has no valid id, or the id of another warning
 */
export function warningIdsOf(type: ConfigClass): string[] {
  const overlays = [type, ...Object.values(type.environments)];
  const settings = overlays.flatMap((overlay) => [...settingsOf(type, overlay).values()]);
  const ofSettings = settings.filter(({ warn }) => warn !== undefined).map(warningIdOf);
  const ids = new Set<string>([...WARNING_IDS, ...ofSettings]);
  for (const check of type.checks) {
    // Undefined if two files import each other.
    if (typeof check?.run !== 'function') {
      throw new ConfigDefinitionError(`${type.name}.checks must list what defineCheck() returns`);
    }
    const { id } = defineCheck(check);
    if (ids.has(id)) {
      throw new ConfigDefinitionError(
        `${type.name}.checks: another warning has the id '${id}': choose another id`,
      );
    }
    ids.add(id);
  }
  return [...ids];
}

/** The ids of the warnings of this package alone. Each is an item of docs/checklist.md. */
export function packageWarningIds(): ReadonlySet<string> {
  return new Set([ProductionConfig, DevelopmentConfig].flatMap(warningIdsOf));
}
