import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { decodeText } from './text-encoding.js';

/** Why a file cannot be read. The reason continues the file's name and never quotes the file. */
interface UnreadableFile {
  readonly reason: string;
  readonly fix?: string;
  /** The system's error code, such as ENOENT. */
  readonly code?: string;
}

type TextFile = { readonly text: string } | UnreadableFile;

/** Reads a regular file of UTF-8 text of at most `maxKib` KiB. Never blocks on a FIFO or a device. */
export function readTextFile(path: string, maxKib: number): TextFile {
  let file: number | undefined;
  try {
    // Without O_NONBLOCK, opening a FIFO would wait for a writer that may never come.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stat = fstatSync(file);
    if (stat.isDirectory()) return { reason: 'is a directory' };
    if (!stat.isFile()) return { reason: 'is not a regular file' };
    const bytes = readAtMost(file, maxKib * 1024 + 1);
    return bytes.length > maxKib * 1024 ? { reason: `is larger than ${maxKib} KiB` } : decodeText(bytes);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    return { reason: `cannot be read (${code})`, code };
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

function readAtMost(file: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  let length = 0;
  for (let read = -1; read !== 0 && length < bytes; length += read) {
    read = readSync(file, buffer, length, bytes - length, null);
  }
  return buffer.subarray(0, length);
}
