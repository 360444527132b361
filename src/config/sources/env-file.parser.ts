import type { ConfigProblem } from '../model/config.error.js';
import type { Environment } from '../model/config-class.js';

/** The contents of a `.env` file, and the lines that could not be read. */
export interface EnvFile {
  readonly values: Environment;
  /** The line of each value that refers to another variable, as in `${NAME}`, outside single quotes. */
  readonly references: ReadonlyMap<string, number>;
  readonly problems: readonly ConfigProblem[];
}

// Not `.`, which does not match line separators, and a value may contain those.
const ASSIGNMENT = /^\s*(?:export\s+)?([\w.-]+)\s*=[^\S\n]*([^\n]*)$/;
const BLANK_OR_COMMENT = /^\s*(?:#[^\n]*)?$/;
const COMMENT = /(?:^|\s)#[^\n]*$/;

/** Matches the text inside the quotes and the rest. An unescaped backslash escapes a double quote. */
const QUOTED: Readonly<Record<string, RegExp>> = {
  '"': /^((?:[^"\\]|\\[^])*)"([^]*)$/,
  "'": /^([^']*)'([^]*)$/,
  '`': /^([^`]*)`([^]*)$/,
};

const ENDS_IN_ESCAPED_QUOTE = /\\"\s*$/;
const REFERENCE = /\$\{\w/;

/** Lines that other parsers skip or accept, and how to write them here. */
const OTHER_FORMS: readonly (readonly [form: RegExp, advice: string])[] = [
  [/^\s*(?:;|\/\/)/, 'a comment begins with #'],
  [/^\s*\[[^\]]*\]\s*(?:#.*)?$/, 'a .env file has no sections'],
  [/^\s*export\s+[\w.-]+\s*(?:#.*)?$/, 'an export needs a value'],
  [/^\s*(?:export\s+)?[\w.-]+\s*:/, 'write = instead of the colon'],
  [/=/, 'a name consists of A to Z, a to z, 0 to 9, _, . and -'],
];

/**
 * Parses `NAME=value` lines, with `export` before and comments after them. Values may be in single or double quotes or
 * backticks, over several lines. In double quotes `\n`, `\r` and `\"` are escapes; other backslashes stay. Unlike most
 * parsers, it keeps a `#` that follows no blank, and it reports each line that it cannot read instead of skipping it.
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
      keep(rest.startsWith('"') ? unescapeQuoted(quoted) : quoted);
      index = last!;
    } else if (rest.startsWith('"') && ENDS_IN_ESCAPED_QUOTE.test(rest)) {
      // Continue with the next line: this is probably a Windows path that was meant to end here.
      refuse('ends in \\", which does not close the quote: write \\\\", or use single quotes');
    } else if (last === undefined) {
      refuse('opens a quote that is never closed');
    } else {
      refuse('has text after the closing quote');
      index = last;
    }
  }
  return { values, references, problems };
}

function adviceOn(line: string): string {
  const [, advice] = OTHER_FORMS.find(([form]) => form.test(line)) ?? [];
  return advice === undefined ? '' : `: ${advice}`;
}

/** The line that closes the quote at the start of `rest`, if any. */
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

function unescapeQuoted(quoted: string): string {
  return quoted.replaceAll('\\n', '\n').replaceAll('\\r', '\r').replaceAll('\\"', '"');
}
