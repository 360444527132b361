import { type Setting, isReadFromFiles } from '../model/config-shape.js';
import type { RawSetting } from './layer.js';

/** Variables that shells, containers and npm set: HOSTNAME is not a typo of HOST_NAME. */
const AMBIENT =
  /^(?:HOME|HOSTNAME|USER|USERNAME|LOGNAME|PATH|SHELL|PWD|OLDPWD|SHLVL|TERM|LANG|LANGUAGE|MAIL|TMPDIR|TEMP|TMP|EDITOR|DISPLAY|(?:LC|XDG|SSH|npm)_.*)$/;

/** For each setting that is not set: the unknown name that was probably meant for it. */
export function misnamedSettings(
  settings: ReadonlyMap<string, Setting>,
  readings: ReadonlyMap<string, RawSetting>,
  names: ReadonlySet<string>,
): Map<string, string> {
  const aliases = new Map(
    [...settings.values()].flatMap(({ name, alias }) => alias.map((each) => [each, name])),
  );
  const settingOf = (name: string) => settings.get(aliases.get(name) ?? name);
  const known = (name: string) => {
    const ofFile = settingOf(name.replace(/_FILE$/, ''));
    return settingOf(name) !== undefined || (ofFile !== undefined && isReadFromFiles(ofFile));
  };
  // A name with other characters is not a typo, and could break the line of the report.
  const unknown = [...names].filter((name) => /^[\w.-]+$/.test(name) && !known(name) && !AMBIENT.test(name));
  const wanted = [...settings.keys()].filter(
    (name) => settings.get(name)!.rule.$_getFlag('presence') !== 'forbidden',
  );
  const longer = (name: string) => wanted.filter((each) => each.startsWith(`${name}_`));
  const found = new Map<string, string>();
  // CACHE_TTL is an abbreviation of CACHE_TTL_SECONDS, not a typo of CACHE_URL.
  for (const name of unknown.filter((each) => each.includes('_'))) {
    const meant = longer(name);
    if (meant[0] !== undefined && !meant.some((each) => readings.has(each))) found.set(meant[0], name);
  }
  const slips = unknown.filter((name) => longer(name).length === 0).map(splitName);
  for (const name of wanted) {
    if (readings.has(name) || found.has(name)) continue;
    const near =
      nearMiss(name, slips) ??
      (isReadFromFiles(settings.get(name)!) ? nearMiss(`${name}_FILE`, slips) : undefined);
    if (near !== undefined) found.set(name, near);
  }
  return found;
}

/** A name split into words, for the comparison of words. */
export interface SplitName {
  readonly name: string;
  readonly words: readonly string[];
  /** The words without separators. */
  readonly letters: string;
  readonly digits: string;
}

export function splitName(name: string): SplitName {
  const words = name.toUpperCase().match(/[^\W_]+/g) ?? [];
  const letters = words.join('');
  return { name, words, letters, digits: letters.replaceAll(/\D/g, '') };
}

/** The candidate that is probably a typo of the wanted name: it differs by at most two typos. */
export function nearMiss(wanted: string, candidates: Iterable<SplitName>): string | undefined {
  const meant = splitName(wanted);
  let best: string | undefined;
  // With two typos, a short name is a different name.
  let least = meant.letters.length < 8 ? 2 : 3;
  for (const candidate of candidates) {
    const slips = slipsBetween(candidate, meant);
    if (slips < least) [best, least] = [candidate.name, slips];
  }
  return best;
}

/** Case and separators do not count as typos. Names with different numbers are different names. */
function slipsBetween(a: SplitName, b: SplitName): number {
  if (a.letters === b.letters) return 0;
  if (a.words.length !== b.words.length || a.digits !== b.digits) return Infinity;
  const changed = a.words.flatMap((word, index) =>
    word === b.words[index] ? [] : [[word, b.words[index]!]],
  );
  return changed.every(([word, meant]) => isSlip(word!, meant!)) ? changed.length : Infinity;
}

// Shorter words are too close to other words: HOST and POST, API and APP, ID and IP.
const MIN_LENGTH = 3;
const MIN_LENGTH_FOR_ANOTHER_LETTER = 6;

/** Whether the words differ by one missing or extra letter, by two swapped letters, or, if long, by one other letter. */
function isSlip(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  if (short.length < MIN_LENGTH) return false;
  let start = 0;
  while (start < short.length && short[start] === long[start]) start++;
  let end = 0;
  while (end < short.length - start && short.at(-1 - end) === long.at(-1 - end)) end++;
  const differing = short.length - start - end;
  // The first letter is rarely mistyped: EMAIL and MAIL are two words.
  if (long.length > short.length) return long.length === short.length + 1 && differing === 0 && start > 0;
  if (differing === 1) return short.length >= MIN_LENGTH_FOR_ANOTHER_LETTER && start > 0;
  const isSwapped = short[start] === long[start + 1] && short[start + 1] === long[start];
  return differing === 2 && isSwapped;
}
