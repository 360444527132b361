import { accessSync, constants, statSync } from 'node:fs';
import { CommandError } from './command.js';

/** Refuses a file that was named on the command line and is not there, or cannot be read. */
export function requireFile(file: string, advice?: string): void {
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
    throw new CommandError(`${file} ${reason}${code === 'ENOENT' && advice ? `: ${advice}` : ''}`);
  }
  if (!statSync(file).isFile()) throw new CommandError(`${file} is not a regular file`);
}
