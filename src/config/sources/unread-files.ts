import type { ConfigWarning } from '../config.warning.js';
import type { Setting } from '../setting.registry.js';
import type { ListedDirectory } from './secret-directory.source.js';

/** Files for settings that are read from none: those that an `X_FILE` names, and those in a directory of secrets. */
export function unreadFiles(
  settings: ReadonlyMap<string, Setting>,
  names: ReadonlySet<string>,
  directories: readonly ListedDirectory[],
): ConfigWarning[] {
  const open = [...settings.values()].filter(({ secret }) => !secret);
  return open.flatMap(({ name }) => {
    const file = `${name}_FILE`;
    const isNamed = names.has(file) && !settings.has(file);
    const directory = directories.find((each) => each.names.has(name));
    return [
      ...(isNamed ? [warning(file, `is set, and ${name} is no secret`, name)] : []),
      ...(directory ? [warning(name, `is a file in ${directory.label}, and no secret`, name)] : []),
    ];
  });
}

function warning(name: string, message: string, setting: string): ConfigWarning {
  return {
    id: 'not-a-secret',
    name,
    message: `${message}: only secrets are read from files`,
    fix: `set ${setting}, or declare it with @Secret`,
  };
}
