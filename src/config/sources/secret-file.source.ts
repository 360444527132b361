import { closeSync, constants, existsSync, fstatSync, openSync, readSync } from 'node:fs';
import { basename, dirname, parse, resolve } from 'node:path';

const MAX_BYTES = 64 * 1024;

/** A secret file's text, or why there is none. The reason never quotes the file. */
type SecretFile = { readonly value: string } | { readonly reason: string };

/** Reads a mounted secret: a regular file of UTF-8 text, 64 KiB at most; one trailing newline is not part of it. */
export function readSecretFile(path: string): SecretFile {
  let file: number | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer that may never come.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (stat.isDirectory()) return { reason: 'is a directory' };
    if (!stat.isFile()) return { reason: 'is not a regular file' };
    const buffer = Buffer.alloc(MAX_BYTES + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < buffer.length; length += read) {
      read = readSync(file, buffer, length, buffer.length - length, null);
    }
    if (length > MAX_BYTES) return { reason: 'is larger than 64 KiB' };
    return decode(buffer.subarray(0, length));
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { reason: `cannot be read (${code})` };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function decode(bytes: Buffer): SecretFile {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return { reason: 'is not UTF-8 text' };
  }
  const value = withoutNewline(text);
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
