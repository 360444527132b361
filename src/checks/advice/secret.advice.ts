import { realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type ConfigWarning,
  findReusedSecrets,
  SecretTexts,
  type Setting,
  displayPath,
} from '../../config/index.js';

/** Secrets that every account on the machine can read. */
export function secretFileAdvice(files: ReadonlyMap<string, string>): ConfigWarning[] {
  return [...files]
    .filter(([, path]) => isReadableByAll(path))
    .map(([name, path]) => ({
      id: 'world-readable-secret',
      name,
      message: `is in a file that every account can read: ${displayPath(path)}`,
      fix: "mount it with mode 0400, owned by the service's account",
    }));
}

/** Secrets that serve two purposes. */
export function secretReuseAdvice(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
): ConfigWarning[] {
  const found = new Map(
    findReusedSecrets(settings, values).map((reuse) => [reuse.name + reuse.other, reuse]),
  );
  return [...found.values()].map(({ name, other }) => ({
    id: 'reused-secret',
    name,
    message: `is also used for ${other}, so neither can be replaced alone`,
    fix: 'give each its own value',
  }));
}

/** Settings that contain a secret but are not declared as one. */
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
      message: 'contains the value of a secret but is not declared as one',
      fix: 'declare it with @Secret, or remove it',
    }));
}

/** Warns if SECRET_KEY_FALLBACKS would split this key after a rotation. */
export function unlistableKeyAdvice({ SECRET_KEY }: Readonly<Record<string, unknown>>): ConfigWarning[] {
  if (typeof SECRET_KEY !== 'string' || !/[,\n]|^\s*\[/.test(SECRET_KEY)) return [];
  return [
    {
      id: 'unlistable-key',
      name: 'SECRET_KEY',
      message: 'contains a comma or a line break, or begins with [, so SECRET_KEY_FALLBACKS would split it',
      fix: 'when you rotate it, list it there as JSON, ["…"]; keygen makes keys without such characters',
    },
  ];
}

const OTHERS_CAN_READ = 0o004;
const OTHERS_CAN_ENTER = 0o001;

/** Whether others can read the file and enter every directory above it. */
function isReadableByAll(path: string): boolean {
  // Windows has no mode bits: the reported ones are made up.
  if (process.platform === 'win32') return false;
  try {
    const real = realpathSync(path);
    if ((statSync(real).mode & OTHERS_CAN_READ) === 0) return false;
    for (let directory = dirname(real); ; directory = dirname(directory)) {
      if ((statSync(directory).mode & OTHERS_CAN_ENTER) === 0) return false;
      if (directory === dirname(directory)) return true;
    }
  } catch {
    return false;
  }
}
