import { type BigIntStats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { stateOf } from '../config/index.js';

const NAMES = ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'];

/** The files of the keys, looked at without being read. */
export class KeyFiles {
  readonly #paths: readonly string[];

  constructor({ files, settings }: Pick<ReturnType<typeof stateOf>, 'files' | 'settings'>) {
    const names = NAMES.flatMap((name) => [name, ...(settings.get(name)?.alias ?? [])]);
    const known = NAMES.flatMap((name) => files.get(name) ?? []);
    // In a directory of secrets, a second file may be added beside the first one.
    const possible = known
      .filter((path) => names.includes(basename(path)))
      .flatMap((path) => names.map((name) => join(dirname(path), name)));
    this.#paths = [...new Set([...known, ...possible])];
  }

  get isEmpty(): boolean {
    return this.#paths.length === 0;
  }

  /** A text that differs after each change of the files. */
  look(): string {
    return this.#paths
      .map(statOf)
      .map((stat) => stat && `${stat.dev}/${stat.ino}/${stat.size}/${stat.ctimeNs}`)
      .join(' ');
  }
}

/** Undefined if the file does not exist, or cannot be looked at. */
function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
