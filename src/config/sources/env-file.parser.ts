import type { ConfigProblem } from '../config.error.js';
import type { Environment } from './environment.js';

/** What a `.env` file holds, and what of it could not be read. */
export interface EnvFile {
  readonly values: Environment;
  readonly problems: readonly ConfigProblem[];
}

// Not `.`, which stops at line separators that a value may hold.
const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*([^\n]*)$/;
const BLANK_OR_COMMENT = /^\s*(?:#[^\n]*)?$/;
const COMMENT = /(?:^|\s)#[^\n]*$/;

/** What stands between quotes and behind them; a backslash keeps a double quote from closing. */
const QUOTED: Readonly<Record<string, RegExp>> = {
  '"': /^((?:[^"\\]|\\"|\\(?!"))*)"([^]*)$/,
  "'": /^([^']*)'([^]*)$/,
  '`': /^([^`]*)`([^]*)$/,
};

/**
 * Reads `NAME=value` lines: `export` before and comments after them, values in single or double quotes or
 * backticks over several lines, `\n`, `\r` and `\"` in double quotes. Unlike most readers it keeps a `#` that no
 * blank precedes, and it names each line that it cannot read instead of passing over it.
 */
export function parseEnvFile(text: string, name: string): EnvFile {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  const values: Record<string, string> = Object.create(null);
  const problems: ConfigProblem[] = [];

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const refuse = (message: string) =>
      problems.push({ name, code: 'unreadable', message: `line ${index + 1} ${message}` });
    if (BLANK_OR_COMMENT.test(line)) continue;
    const [, key, rest = ''] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined) {
      refuse('is not of the form NAME=value');
      continue;
    }
    const quote = QUOTED[rest.charAt(0)];
    if (quote === undefined) {
      values[key] = rest.replace(COMMENT, '').trim();
      continue;
    }
    const last = closingLine(lines, index, rest);
    if (last === undefined) {
      refuse('opens a quote that nothing closes');
      continue;
    }
    const [, quoted = '', behind = ''] =
      quote.exec([rest.slice(1), ...lines.slice(index + 1, last + 1)].join('\n')) ?? [];
    if (BLANK_OR_COMMENT.test(behind)) values[key] = rest.startsWith('"') ? unescaped(quoted) : quoted;
    else refuse('has text behind the closing quote');
    index = last;
  }
  return { values, problems };
}

/** The line that closes the quote with which the rest of a line begins, if any does. */
function closingLine(lines: readonly string[], first: number, rest: string): number | undefined {
  const quote = rest.charAt(0);
  if (closes(rest.slice(1), quote)) return first;
  for (let index = first + 1; index < lines.length; index++) {
    if (closes(lines[index]!, quote)) return index;
  }
  return undefined;
}

function closes(text: string, quote: string): boolean {
  return (quote === '"' ? text.replaceAll('\\"', '') : text).includes(quote);
}

function unescaped(quoted: string): string {
  return quoted.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\"', '"');
}
