import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import { displayPath } from './secret-file.source.js';
import { strayTextIn } from './stray-text.js';
import type { Setting } from '../model/config-shape.js';

/** A directory of mounted secrets, each in a file with the name of its setting. */
export interface SecretDirectory {
  /** How a person refers to it, such as `$SECRETS_DIR`. */
  readonly label: string;
  readonly path: string;
}

/** A directory with the names of its entries. */
export interface ListedDirectory extends SecretDirectory {
  readonly names: ReadonlySet<string>;
}

/** The directories that exist, and the problems of the others. */
export interface ListedDirectories {
  readonly directories: readonly ListedDirectory[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
}

/** Lists directories. A directory with two labels is listed once. */
export function listDirectories(named: readonly SecretDirectory[]): ListedDirectories {
  const directories: ListedDirectory[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: ConfigWarning[] = [];
  const paths = named.map(({ path }) => resolve(path));
  for (const [index, { label, path: given }] of named.entries()) {
    const path = paths[index]!;
    if (paths.indexOf(path) < index) continue;
    try {
      directories.push({ label, path, names: new Set(readdirSync(path)) });
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      const place = displayPath(given, 'the directory');
      const stray = strayTextIn(given, { name: label.replace('$', ''), secret: true });
      if (stray !== undefined) {
        problems.push({ name: label, code: 'unreadable', ...stray });
      } else if (code === 'ENOENT') {
        const message = `${label}: ${place} does not exist, so no secret is read from it`;
        warnings.push({ id: 'secrets-dir', message, fix: 'mount it, or name another directory' });
      } else {
        problems.push({ name: label, code: 'unreadable', message: `${place} cannot be read (${code})` });
      }
    }
  }
  return { directories, problems, warnings };
}

/** Warns about files, named by `X_FILE` or in a directory of secrets, for settings that are not read from files. */
export function unreadFileWarnings(
  settings: ReadonlyMap<string, Setting>,
  names: ReadonlySet<string>,
  directories: readonly ListedDirectory[],
): ConfigWarning[] {
  const open = [...settings.values()].filter(({ secret }) => !secret);
  return open.flatMap(({ name: own, alias }) =>
    [own, ...alias].flatMap((name) => {
      const file = `${name}_FILE`;
      const isNamed = names.has(file) && !settings.has(file);
      const directory = directories.find((each) => each.names.has(name));
      return [
        ...(isNamed ? [warning(file, `is set, but ${name} is not a secret`, name)] : []),
        ...(directory ? [warning(name, `is a file in ${directory.label}, but not a secret`, name)] : []),
      ];
    }),
  );
}

function warning(name: string, message: string, setting: string): ConfigWarning {
  return {
    id: 'not-a-secret',
    name,
    message: `${message}: only secrets are read from files`,
    fix: `set ${setting}, or declare it with @Secret`,
  };
}
