import type { ConfigProblem } from '../model/config.error.js';
import type { Environment } from '../model/config-class.js';

/** What a `.env` file holds, and what of it could not be read. */
export interface EnvFile {
  readonly values: Environment;
  /** The line of each value that refers to another variable, as in `${NAME}`, and does not stand in single quotes. */
  readonly references: ReadonlyMap<string, number>;
  readonly problems: readonly ConfigProblem[];
}

// Not `.`, which stops at line separators that a value may hold.
const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*([^\n]*)$/;
const BLANK_OR_COMMENT = /^\s*(?:#[^\n]*)?$/;
const COMMENT = /(?:^|\s)#[^\n]*$/;

/** What stands between quotes and behind them; a backslash keeps a double quote from closing, unless it is escaped itself. */
const QUOTED: Readonly<Record<string, RegExp>> = {
  '"': /^((?:[^"\\]|\\[^])*)"([^]*)$/,
  "'": /^([^']*)'([^]*)$/,
  '`': /^([^`]*)`([^]*)$/,
};

const ENDS_IN_ESCAPED_QUOTE = /\\"\s*$/;
const REFERENCE = /\$\{\w/;

/** Lines that other readers pass over or read, and how to write them here. */
const OTHER_FORMS: readonly (readonly [form: RegExp, advice: string])[] = [
  [/^\s*(?:;|\/\/)/, 'a comment begins with #'],
  [/^\s*\[[^\]]*\]\s*(?:#.*)?$/, 'a .env file has no sections'],
  [/^\s*export\s+[\w.-]+\s*(?:#.*)?$/, 'an export needs a value'],
  [/^\s*(?:export\s+)?[\w.-]+\s*:/, 'write = in place of the colon'],
  [/=/, 'a name consists of A to Z, a to z, 0 to 9, _, . and -'],
];

/**
 * Reads `NAME=value` lines: `export` before and comments after them, values in single or double quotes or
 * backticks over several lines, `\n`, `\r` and `\"` in double quotes; any other backslash stays. Unlike most readers it
 * keeps a `#` that no blank precedes, and it names each line that it cannot read instead of passing over it.
 */
export function parseEnvFile(text: string, name: string): EnvFile {
  const lines = text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .split('\n');
  const values: Record<string, string> = Object.create(null);
  const references = new Map<string, number>();
  const problems: ConfigProblem[] = [];

  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!;
    const number = index + 1;
    const refuse = (message: string) =>
      problems.push({ name, code: 'unreadable', message: `line ${number} ${message}` });
    if (BLANK_OR_COMMENT.test(line)) continue;
    const [, key, rest = ''] = ASSIGNMENT.exec(line) ?? [];
    if (key === undefined) {
      refuse(`is not of the form NAME=value${adviceOn(line)}`);
      continue;
    }
    const keep = (value: string) => {
      values[key] = value;
      references.delete(key);
      if (REFERENCE.test(value) && !rest.startsWith("'")) references.set(key, number);
    };
    const quote = QUOTED[rest.charAt(0)];
    if (quote === undefined) {
      keep(rest.replace(COMMENT, '').trim());
      continue;
    }
    const last = closingLine(lines, index, rest);
    const quotedLines = [rest.slice(1), ...lines.slice(index + 1, (last ?? index) + 1)].join('\n');
    const [, quoted = '', behind] = quote.exec(quotedLines) ?? [];
    if (behind !== undefined && BLANK_OR_COMMENT.test(behind)) {
      keep(rest.startsWith('"') ? unescaped(quoted) : quoted);
      index = last!;
    } else if (rest.startsWith('"') && ENDS_IN_ESCAPED_QUOTE.test(rest)) {
      // The next line is read on its own: a path of Windows was meant to end here.
      refuse('ends in \\", which does not close the quote: write \\\\", or use single quotes');
    } else if (last === undefined) {
      refuse('opens a quote that nothing closes');
    } else {
      refuse('has text behind the closing quote');
      index = last;
    }
  }
  return { values, references, problems };
}

function adviceOn(line: string): string {
  const [, advice] = OTHER_FORMS.find(([form]) => form.test(line)) ?? [];
  return advice === undefined ? '' : `: ${advice}`;
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
  return (quote === '"' ? text.replaceAll(/\\./gs, '') : text).includes(quote);
}

function unescaped(quoted: string): string {
  return quoted.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\"', '"');
}
