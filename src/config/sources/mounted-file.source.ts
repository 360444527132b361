import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, parse, resolve } from 'node:path';
import { readTextFile } from './text-file.js';

const MAX_KIB = 64;

/** The text of a mounted file, or the reason why it cannot be read. The reason never quotes the file. */
type MountedFile = { readonly value: string } | { readonly reason: string; readonly fix?: string };

/** Reads a mounted secret or setting: a regular file of UTF-8 text, 64 KiB at most by default. One trailing newline is removed. */
export function readMountedFile(path: string, maxKib = MAX_KIB): MountedFile {
  const file = readTextFile(path, maxKib);
  if ('reason' in file) return file;
  const value = stripNewline(file.text);
  return value.trim() === '' ? { reason: 'is empty' } : { value };
}

/** The path with symbolic links resolved, or the path itself if that fails. */
export function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** Removes the one newline that editors and mounts add to a secret. */
export function stripNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/**
 * A path for a message. It is shown only if it, or a directory above it, exists: someone may have set the secret itself
 * instead of the path.
 */
export function displayPath(path: string, otherwise = 'the file it names'): string {
  const isPath = existsSync(path) || beginsWithDirectory(path);
  const isShown =
    isPath &&
    !/\p{C}/u.test(path) &&
    !basename(path)
      .split(/[^a-z0-9]+/i)
      .some(isRandom);
  return isShown ? path : otherwise;
}

function beginsWithDirectory(path: string): boolean {
  if (!/[\\/]/.test(path)) return false;
  const full = resolve(path);
  const isTooGeneral = (directory: string) =>
    directory === parse(full).root || process.cwd().startsWith(directory);
  for (let directory = dirname(full); !isTooGeneral(directory); directory = dirname(directory)) {
    if (existsSync(directory)) return true;
  }
  return false;
}

function isRandom(word: string): boolean {
  return word.length >= 10 && [/[a-z]/, /[A-Z]/, /[0-9]/].every((kind) => kind.test(word));
}
