import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { ConfigProblem } from '../model/config.error.js';
import type { ConfigWarning } from '../model/config.warning.js';
import { displayPath, targetOf } from './mounted-file.source.js';
import { strayTextIn } from './stray-text.js';
import { type Setting, isReadFromFiles } from '../model/config-shape.js';

/** A directory of mounted settings, each in a file with the name of its setting. */
export interface MountedDirectory {
  /** What is read from it: secrets, or settings that are not secrets. */
  readonly holds: 'secrets' | 'settings';
  /** How a person refers to it, such as `$SECRETS_DIR`. */
  readonly label: string;
  readonly path: string;
}

/** A directory with the names of its entries. */
export interface ListedDirectory extends MountedDirectory {
  readonly names: ReadonlySet<string>;
  /** The path with symbolic links resolved, which two directories share if they are the same. */
  readonly target: string;
}

/** The directories that exist, and the problems of the others. */
export interface ListedDirectories {
  readonly directories: readonly ListedDirectory[];
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigWarning[];
}

/** Lists directories. A directory of secrets with two labels is listed once. */
export function listDirectories(named: readonly MountedDirectory[]): ListedDirectories {
  const directories: ListedDirectory[] = [];
  const problems: ConfigProblem[] = [];
  const warnings: ConfigWarning[] = [];
  for (const { holds, label, path: given } of named) {
    const path = resolve(given);
    const target = targetOf(path);
    if (directories.some((each) => each.holds === holds && each.target === target)) continue;
    try {
      const names = new Set(namesIn(path));
      if (holds === 'settings' && names.delete('NODE_ENV')) warnings.push(nodeEnvWarning(label));
      directories.push({ holds, label, path, target, names });
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      const place = displayPath(given, 'the directory');
      const stray = strayTextIn(given, { name: label.replace('$', ''), secret: true });
      if (stray !== undefined) {
        problems.push({ name: label, code: 'unreadable', ...stray });
      } else if (code === 'ENOENT') {
        const message = `${label}: ${place} does not exist, so no ${holds.slice(0, -1)} is read from it`;
        warnings.push({ id: `${holds}-dir`, message, fix: 'mount it, or name another directory' });
      } else {
        problems.push({ name: label, code: 'unreadable', message: `${place} cannot be read (${code})` });
      }
    }
  }
  return { directories, problems, warnings };
}

/** The names of the files that can be settings. Those with a dot in front belong to Kubernetes and to editors. */
function namesIn(path: string): string[] {
  return readdirSync(path).filter((name) => !name.startsWith('.'));
}

function nodeEnvWarning(label: string): ConfigWarning {
  const message = `NODE_ENV in ${label} has no effect`;
  return { id: 'settings-dir', message, fix: 'set it in the environment of the process' };
}

/** Problems of secrets in a directory of settings: others may read it, as they may read a ConfigMap. */
export function misplacedSecretProblems(
  settings: ReadonlyMap<string, Setting>,
  directories: readonly ListedDirectory[],
): ConfigProblem[] {
  return [...settings.values()].flatMap((setting) => {
    if (!setting.secret) return [];
    const [found] = [setting.name, ...setting.alias].flatMap((name) =>
      misplacedIn(directories, name, 'secrets'),
    );
    if (found === undefined) return [];
    return [
      {
        name: setting.name,
        code: 'invalid' as const,
        message: 'is a secret, but its file is in a directory for settings that are not secrets',
        fix: `remove it from there, and mount it in $SECRETS_DIR or name its file in ${setting.name}_FILE`,
        origin: found,
      },
    ];
  });
}

/** Warns about files, named by `X_FILE` or in a directory of secrets, for settings that are not secrets. */
export function unreadFileWarnings(
  settings: ReadonlyMap<string, Setting>,
  names: ReadonlySet<string>,
  directories: readonly ListedDirectory[],
): ConfigWarning[] {
  const open = [...settings.values()].filter((setting) => !isReadFromFiles(setting));
  return open.flatMap(({ name: own, alias }) =>
    [own, ...alias].flatMap((name) => {
      const file = `${name}_FILE`;
      const isNamed = names.has(file) && !settings.has(file);
      const [found] = misplacedIn(directories, name, 'settings');
      return [
        ...(isNamed ? [unreadWarning(file, 'is set, but', name)] : []),
        ...(found ? [unreadWarning(name, `is in ${found}, which`, name)] : []),
      ];
    }),
  );
}

/** The origin of a file in a directory of the other kind, unless the directory is named for both kinds. */
function misplacedIn(
  directories: readonly ListedDirectory[],
  name: string,
  kind: MountedDirectory['holds'],
): string[] {
  const right = new Set(directories.filter(({ holds }) => holds === kind).map(({ target }) => target));
  return directories
    .filter(({ holds, target, names }) => holds !== kind && !right.has(target) && names.has(name))
    .map(({ label }) => `${label}/${name}`);
}

function unreadWarning(name: string, place: string, setting: string): ConfigWarning {
  return {
    id: 'not-a-secret',
    name,
    message: `${place} is not read because ${setting} is not a secret`,
    fix: `set ${setting}, mount it in $SETTINGS_DIR, or declare it with @Secret`,
  };
}
