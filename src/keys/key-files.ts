import { type BigIntStats, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const NAMES = ['SECRET_KEY', 'SECRET_KEY_FALLBACKS'];

/** Writers may fill a file in several steps, or write one of two files first. */
const SETTLED_MS = 2_500;

/** The files of the keys, looked at without being read. */
export class KeyFiles {
  readonly #paths: readonly string[];
  #seen = { state: '', at: 0 };

  /** @param files the files of secrets by the name of their setting */
  constructor(files: ReadonlyMap<string, string>) {
    const known = NAMES.flatMap((name) => files.get(name) ?? []);
    // A second file may be added beside the first one, which has the name of its setting.
    const possible = known
      .filter((path) => NAMES.includes(basename(path)))
      .flatMap((path) => NAMES.map((name) => join(dirname(path), name)));
    this.#paths = [...new Set([...known, ...possible])];
  }

  get isEmpty(): boolean {
    return this.#paths.length === 0;
  }

  /** A text that changes with the files, and whether nobody has written to them for a while. */
  look(): { readonly state: string; readonly isSettled: boolean } {
    const stats = this.#paths.map(statOf);
    const state = stats
      .map((stat) => stat && `${stat.dev}/${stat.ino}/${stat.size}/${stat.ctimeNs}`)
      .join(' ');
    const isIncomplete = stats.includes(undefined);
    const latest = Math.max(...stats.map((stat) => Number((stat?.ctimeNs ?? 0n) / 1_000_000n)));
    if (state !== this.#seen.state) this.#seen = { state, at: performance.now() };
    const isUnchanged = performance.now() - this.#seen.at >= SETTLED_MS;
    // An absent file has no time, and the clock of a file server may be ahead.
    return { state, isSettled: isUnchanged || (!isIncomplete && Date.now() - latest >= SETTLED_MS) };
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
