/** Text that a shell, an editor or a tool left in a value. The message continues the setting's name and never quotes the value. */
export interface StrayText {
  readonly message: string;
  readonly fix: string;
}

/** The setting and the origin of a value. */
export interface ValueSource {
  readonly name: string;
  readonly secret: boolean;
  /** Set for a value of a `.env` file: the parser removes quotes, comments and blanks, so remaining ones are intended. */
  readonly dotenv?: DotEnvLine | undefined;
}

/** What the parser of a `.env` file knows about a value. */
export interface DotEnvLine {
  /** The line in which the value refers to another variable, if it does. */
  readonly reference: number | undefined;
}

interface Kind extends StrayText {
  readonly isIn: (text: string, arrival: ValueSource) => boolean;
}

const TYPOGRAPHIC_QUOTES = /^[“”„‟‘’‚‛«»‹›].*[“”‟‘’‛«»‹›]$/s;
const INVISIBLE = /[\u00a0\u00ad\u200b\u200e\u200f\u2060\ufeff]/;
const PLACEHOLDER = /^(?:\$\{[^}]*\}|\$\([^)]*\)|\{\{.*\}\}|<no value>)$/s;
const REFERENCE = /\$\([A-Za-z_]\w*\)|\$\{[A-Za-z_]\w*\}/;

const BYTE_ORDER_MARK: Kind = {
  isIn: (text) => text.startsWith('\ufeff'),
  message: 'begins with a byte order mark, as Windows editors write it',
  fix: 'save the file as UTF-8 without a byte order mark',
};

/** The text before the name when a variable is set in shells and on the command line of Docker. */
const SETTING = String.raw`\s*(?:(?:export|set|-e|--env)\s+|--env=|\$env:)?`;

/** Checks for any value. */
const ANYWHERE: readonly Kind[] = [
  {
    isIn: (text, { name }) => new RegExp(`^${SETTING}${name}(?:\\s*=|:\\s)`, 'i').test(text),
    message: 'begins with its own name, as a line of a .env file does',
    fix: 'keep only the text after the name',
  },
  {
    isIn: (text, { secret }) => secret && /^[A-Z][A-Z\d]*_[A-Z\d_]+=.{16}/.test(text),
    message: 'begins with the name of another variable, as a line of a .env file does',
    fix: 'keep only the text after the name, if it is the right one',
  },
  {
    isIn: (text) => TYPOGRAPHIC_QUOTES.test(text.trim()),
    message: 'is enclosed in typographic quotes, as word processors and chats write them',
    fix: 'remove the quotes',
  },
  {
    isIn: (text) => text.includes('\ufffd'),
    message: 'contains U+FFFD, which replaces bytes that are not UTF-8',
    fix: 'set it again, as UTF-8',
  },
  {
    isIn: (text, { secret }) => secret && INVISIBLE.test(text.trim()),
    message: 'contains an invisible character, as text from a web page or a chat may',
    fix: 'remove it, or type the value',
  },
];

/** Checks for values that no `.env` parser has processed. Comments follow quotes, so they are checked first. */
const UNPARSED: readonly Kind[] = [
  {
    // Parsers of .env files remove a comment that follows a blank.
    isIn: (text, { secret }) => (secret ? /\s#/ : /\s#\s/).test(text) && isOneLine(text),
    message: 'ends in a comment',
    fix: 'remove the comment, which docker --env-file and mounted files keep as part of the value',
  },
  {
    isIn: (text) => /^(["'`])(?:(?!\1).)*\1$/s.test(text.trim()),
    message: 'is enclosed in quotes',
    fix: 'remove the quotes, which docker --env-file and mounted files keep as part of the value',
  },
  {
    isIn: (text) => text.endsWith('\r') && isOneLine(text),
    message: 'ends in a carriage return, as a line of a Windows file does',
    fix: 'save the file with LF line endings',
  },
  {
    isIn: (text) => (isOneLine(text) ? text : withoutLineEnds(text)) !== text.trim(),
    message: 'begins or ends with white space',
    fix: 'remove the white space',
  },
  {
    isIn: (text, { secret }) => PLACEHOLDER.test(text) || (secret && REFERENCE.test(text)),
    message: 'refers to a variable or value that was not substituted',
    fix: 'set the value itself',
  },
];

/** The first kind of stray text in a value or in the items of a list. */
export function strayTextIn(value: unknown, arrival: ValueSource): StrayText | undefined {
  const kinds =
    arrival.dotenv === undefined
      ? [BYTE_ORDER_MARK, ...UNPARSED, ...ANYWHERE]
      : [BYTE_ORDER_MARK, ...ANYWHERE];
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const found = items.map((item) =>
    typeof item === 'string' ? kinds.find(({ isIn }) => isIn(item, arrival)) : undefined,
  );
  const kind = found.find((each) => each !== undefined);
  if (kind === undefined) return referenceIn(arrival);
  const places = found.flatMap((each, index) => (each === kind ? [index + 1] : []));
  const place = Array.isArray(value) ? ` (item ${places.join(', ')})` : '';
  return { message: `${kind.message}${place}`, fix: kind.fix };
}

function referenceIn({ dotenv }: ValueSource): StrayText | undefined {
  if (dotenv?.reference === undefined) return undefined;
  return {
    message: `refers to another variable in line ${dotenv.reference}, which is not replaced`,
    fix: 'pass expand: true, write the value out, or put it in single quotes if it is meant literally',
  };
}

/** Line endings around a text of several lines, such as a certificate, are harmless. */
function isOneLine(text: string): boolean {
  return !text.trim().includes('\n');
}

function withoutLineEnds(text: string): string {
  return text.replaceAll(/^[\r\n]+|[\r\n]+$/g, '');
}
