import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ConfigWarning } from '../../config/model/config.warning.js';
import { reusedSecrets } from '../../config/rules/secret-reuse.js';
import { SecretTexts } from '../../config/model/secret-texts.js';
import type { Setting } from '../../config/model/setting.registry.js';
import { shownPath } from '../../config/sources/secret-file.source.js';

/** Secrets that every account on the machine can read. */
export function secretFileAdvice(files: ReadonlyMap<string, string>): ConfigWarning[] {
  return [...files]
    .filter(([, path]) => isReadableByAll(path))
    .map(([name, path]) => ({
      id: 'world-readable-secret',
      name,
      message: `is in a file that every account can read: ${shownPath(path)}`,
      fix: 'mount it with mode 0400, owned by the account of the service',
    }));
}

/** Secrets that serve two purposes. */
export function secretReuseAdvice(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
): ConfigWarning[] {
  const found = new Map(reusedSecrets(settings, values).map((reuse) => [reuse.name + reuse.other, reuse]));
  return [...found.values()].map(({ name, other }) => ({
    id: 'reused-secret',
    name,
    message: `is used for ${other} too, so that neither can be replaced alone`,
    fix: 'give each a value of its own',
  }));
}

/** Settings that hold a secret and are not declared as one. */
export function undeclaredSecretAdvice(
  settings: readonly Setting[],
  values: Readonly<Record<string, unknown>>,
): ConfigWarning[] {
  const secrets = new SecretTexts(settings, values);
  return settings
    .filter(({ name, secret }) => !secret && secrets.areIn(values[name]))
    .map(({ name }) => ({
      id: 'reused-secret',
      name,
      message: 'holds the value of a secret and is not declared as one',
      fix: 'declare it with @Secret, or remove it',
    }));
}

/** A key that the list of fallbacks would take apart when its turn comes. */
export function unlistableKeyAdvice({ SECRET_KEY }: Readonly<Record<string, unknown>>): ConfigWarning[] {
  if (typeof SECRET_KEY !== 'string' || !/[,\n]|^\s*\[/.test(SECRET_KEY)) return [];
  return [
    {
      id: 'unlistable-key',
      name: 'SECRET_KEY',
      message:
        'holds a comma, a line break or begins with [, so that SECRET_KEY_FALLBACKS would take it apart',
      fix: 'list it there as JSON, ["…"], when it is replaced; keygen makes keys without',
    },
  ];
}

const OTHERS_READ = 0o004;
const OTHERS_ENTER = 0o001;

/** Whether others may read a file, and enter every directory on the way to it. */
function isReadableByAll(path: string): boolean {
  // Windows has no such bits, and answers with made-up ones.
  if (process.platform === 'win32') return false;
  try {
    const real = realpathSync(path);
    if ((statSync(real).mode & OTHERS_READ) === 0) return false;
    for (let directory = dirname(real); ; directory = dirname(directory)) {
      if ((statSync(directory).mode & OTHERS_ENTER) === 0) return false;
      if (directory === dirname(directory)) return true;
    }
  } catch {
    return false;
  }
}
