import { readFileSync } from 'node:fs';
import type { ConfigProblem } from './config.error.js';
import type { Environment } from './environment.js';

/** What a `.env` file holds, and what of it could not be read. */
export interface EnvFile {
  readonly values: Environment;
  readonly problems: readonly ConfigProblem[];
}

/** Reads a `.env` file. One that is absent is empty, unless it is `required`. */
export function readEnvFile(path: string, required: boolean): EnvFile {
  try {
    return parseEnvFile(readFileSync(path, 'utf8'), path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && !required) return { values: {}, problems: [] };
    return {
      values: {},
      problems: [{ name: path, code: 'unreadable', message: `cannot be read (${code})` }],
    };
  }
}

const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*(.*)$/;
const BLANK_OR_COMMENT = /^\s*(?:#.*)?$/;

/**
 * Reads `NAME=value` lines: `export` before and comments after them, values in single or double quotes or
 * backticks over several lines, `\n` and `\r` as line ends in double quotes. Unlike most readers it keeps a `#`
 * that no blank precedes, and it names each line that it cannot read instead of passing over it.
 */
export function parseEnvFile(text: string, name: string): EnvFile {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  const values: Record<string, string> = Object.create(null);
  const problems: ConfigProblem[] = [];
  const refuse = (line: number, message: string) =>
    problems.push({ name, code: 'unreadable', message: `line ${line + 1} ${message}` });

  for (let index = 0; index < lines.length; index++) {
    if (BLANK_OR_COMMENT.test(lines[index]!)) continue;
    const [, key, rest = ''] = ASSIGNMENT.exec(lines[index]!) ?? [];
    if (key === undefined) {
      refuse(index, 'is not of the form NAME=value');
      continue;
    }
    const quote = /^["'`]/.exec(rest)?.[0];
    if (quote === undefined) {
      values[key] = rest.replace(/(?:^|\s)#.*$/, '').trim();
      continue;
    }
    const first = index;
    let quoted = rest.slice(1);
    while (!quoted.includes(quote) && index + 1 < lines.length) quoted += `\n${lines[++index]}`;
    const end = quoted.indexOf(quote);
    if (end < 0) {
      refuse(first, 'opens a quote that nothing closes');
      index = first;
    } else if (!BLANK_OR_COMMENT.test(quoted.slice(end + 1))) {
      refuse(first, 'has text behind the closing quote');
    } else {
      const value = quoted.slice(0, end);
      values[key] = quote === '"' ? value.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : value;
    }
  }
  return { values, problems };
}
