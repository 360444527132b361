import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { installed } from './own-server.js';
import { ROOT } from './run.js';

/** What a process showed on a terminal. */
export interface Shown {
  readonly code: number | null;
  readonly output: string;
  /** Without colours. */
  readonly lines: readonly string[];
}

interface TerminalOptions {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  /** Ends the process as soon as it has shown this text. */
  readonly until?: string;
}

/**
 * Linux has `script`, which runs a program on a pseudo-terminal; other systems have one with other options. Under CI=true its
 * tests run anyway, and fail without it.
 */
export const hasTerminal =
  process.platform === 'linux' && (installed('script') !== undefined || process.env['CI'] === 'true');

/** Runs a script of this repository on a terminal with only the given environment. */
export function runOnTerminal(
  script: string,
  { args = [], env = {}, columns = 80, until }: TerminalOptions = {},
): Promise<Shown> {
  const words = [process.execPath, join(ROOT, script), ...args].map((word) => `'${word}'`);
  const command = `stty cols ${columns} rows 24; exec ${words.join(' ')}`;
  return new Promise((resolve, reject) => {
    const child = spawn('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
      cwd: join(ROOT, '.build'),
      env: { PATH: process.env['PATH'], SHELL: '/bin/sh', TERM: 'xterm', ...env },
      // It complains there when it is killed; what the process prints on stderr is on the terminal, too.
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (until !== undefined && output.includes(until)) child.kill();
    });
    child.on('error', reject).on('close', (code) => {
      const lines = stripVTControlCharacters(output).replaceAll('\r\n', '\n').split('\n');
      resolve({ code, output, lines });
    });
  });
}
