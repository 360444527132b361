import { existsSync } from 'node:fs';
import { basename, dirname, parse, resolve } from 'node:path';
import { readTextFile } from './text-file.js';

const MAX_KIB = 64;

/** A secret file's text, or why there is none. The reason never quotes the file. */
type SecretFile = { readonly value: string } | { readonly reason: string; readonly fix?: string };

/** Reads a mounted secret: a regular file of UTF-8 text, 64 KiB at most; one trailing newline is not part of it. */
export function readSecretFile(path: string): SecretFile {
  const file = readTextFile(path, MAX_KIB);
  if ('reason' in file) return file;
  const value = withoutNewline(file.text);
  return value.trim() === '' ? { reason: 'is empty' } : { value };
}

/** Without the one newline that editors and mounts put behind a secret. */
export function withoutNewline(text: string): string {
  return text.replace(/\r?\n$/, '');
}

/**
 * A path as a message may show it: one that is there, or that begins with a directory that is. Somebody may have put
 * the secret itself where the path belongs.
 */
export function shownPath(path: string, otherwise = 'the file it names'): string {
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
  const isAround = (directory: string) =>
    directory === parse(full).root || process.cwd().startsWith(directory);
  for (let directory = dirname(full); !isAround(directory); directory = dirname(directory)) {
    if (existsSync(directory)) return true;
  }
  return false;
}

function isRandom(word: string): boolean {
  return word.length >= 10 && [/[a-z]/, /[A-Z]/, /[0-9]/].every((kind) => kind.test(word));
}
