import { parse as dotenvParse } from 'dotenv';
import { parseEnv } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseEnvFile } from '../src/config/sources/env-file.parser.js';
import { runs } from './support/runs.js';

const RUNS = { numRuns: runs(2_000) };

const name = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[A-Z_][A-Z0-9_]{0,11}$/) },
  { weight: 2, arbitrary: fc.stringMatching(/^[\w.-]{1,8}$/) },
  { weight: 1, arbitrary: fc.constantFrom('__proto__', 'constructor', 'toString', 'export', 'NODE_ENV') },
);

/** Only own properties, under any name. */
function own(values: object): readonly (readonly [string, unknown])[] {
  return Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
}

describe('a quoted value is read as it was written', () => {
  /** The value in quotes that it does not contain. Double quotes allow escaped carriage returns and double quotes. */
  function quoted(value: string): string | undefined {
    if (!value.includes('\r')) {
      const quote = ["'", '`'].find((candidate) => !value.includes(candidate));
      if (quote !== undefined) return quote + value + quote;
    }
    return value.includes('\\') ? undefined : `"${value.replaceAll('\r', '\\r').replaceAll('"', '\\"')}"`;
  }

  function readsBack(value: fc.Arbitrary<string>) {
    const lines = fc.dictionary(
      name,
      value.filter((text) => quoted(text) !== undefined),
      { maxKeys: 6 },
    );
    const layout = fc.record({
      indent: fc.constantFrom('', ' ', '\t', 'export ', '  export\t'),
      equals: fc.constantFrom('=', ' = ', '= ', '\t='),
      end: fc.constantFrom('', ' ', ' # why', '#why', "\t# it's", '\n', '\n# "quoted" text\n'),
    });
    fc.assert(
      fc.property(lines, layout, (values, { indent, equals, end }) => {
        const text = Object.entries(values)
          .map(([key, content]) => `${indent}${key}${equals}${quoted(content)}${end}`)
          .join('\n');
        const file = parseEnvFile(text, '.env');
        expect(file.problems).toEqual([]);
        expect(own(file.values)).toEqual(own(values));
      }),
      RUNS,
    );
  }

  it('with line breaks, blanks, quotes and comment signs', () => {
    readsBack(
      fc
        .array(
          fc.constantFrom('a', 'B', ' ', '\n', '\r', '\t', '#', ' #', '=', "'", '"', '`', '\\', '$', '{é}'),
        )
        .map((parts) => parts.join('')),
    );
  });

  it('in any script', () => {
    readsBack(
      fc.string({ unit: 'grapheme', maxLength: 30 }).map((text) => text.replace(/[\u2028\u2029]/g, '')),
    );
  });

  it('with any character', () => {
    readsBack(
      fc.string({ unit: 'binary', maxLength: 30 }).map((text) => text.replace(/[\u2028\u2029]/g, '')),
    );
  });

  // They end a line in JavaScript's regular expressions, but not in an editor or in dotenv.
  it('with line and paragraph separators', () => {
    readsBack(fc.array(fc.constantFrom('a', '\u2028', '\u2029')).map((parts) => parts.join('')));
  });
});

it.each(['# a\u2028b', 'A=1 # a\u2029b', 'A=a\u2028b'])(
  'a separator within a line is accepted: %j',
  (text) => {
    const { values, problems } = parseEnvFile(text, '.env');
    expect(problems).toEqual([]);
    expect(own(values)).toEqual(own(dotenvParse(text)));
  },
);

describe('an ordinary file is read as dotenv reads it', () => {
  const blank = fc.constantFrom('', ' ', '\t', '   ');
  const word = fc.stringMatching(/^[\w./:@+-]{1,10}$/);
  const words = fc.array(word, { maxLength: 4 }).map((list) => list.join(' '));
  const comment = fc
    .oneof(words, fc.constantFrom('A=1', '"', "it's", '# more', ''))
    .map((text) => `# ${text}`);
  // Left out because the two differ: `#` without a blank before it, a backslash before the closing quote (for dotenv
  // the value continues), `NAME: value`, and lines that are a problem here.
  const plain = fc.oneof(
    words,
    fc.constantFrom('', "it's", 'a"b"c', 'a=b=c', '$HOME', '${A}', 'C:\\new', 'é漢😀', '{"a":1}'),
  );
  const inQuotes = (quote: string) =>
    fc
      .array(
        fc.constantFrom('a', 'b c', ' ', '#', ' # ', '=', '\n', '\\n', '\\r', '\\t', 'B=2', "'", '"', '`'),
      )
      .map((parts) => quote + parts.join('').replaceAll(quote, '') + quote);
  const value = fc.oneof(plain, inQuotes("'"), inQuotes('"'), inQuotes('`'));
  const assignment = fc
    .tuple(
      blank,
      fc.constantFrom('', 'export ', 'export  '),
      name,
      blank,
      blank,
      value,
      fc.option(comment, { nil: '' }),
    )
    .map(([indent, prefix, key, before, after, content, note]) =>
      [indent, prefix, key, before, '=', after, content, note === '' ? '' : ` ${note}`].join(''),
    );
  const line = fc.oneof(
    { weight: 5, arbitrary: assignment },
    { weight: 1, arbitrary: fc.tuple(blank, comment).map((parts) => parts.join('')) },
    { weight: 1, arbitrary: blank },
  );

  it('with quotes, comments, `export`, several lines and all line endings', () => {
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n', '\r'), (lines, end) => {
        const text = lines.join('\n').replaceAll('\n', end);
        const file = parseEnvFile(text, '.env');
        expect(file.problems).toEqual([]);
        // dotenv returns an ordinary object, which loses a variable named __proto__.
        expect(own(file.values).filter(([key]) => key !== '__proto__')).toEqual(own(dotenvParse(text)));
      }),
      { numRuns: runs(5_000) },
    );
  });

  it.each([
    ['a # without a blank before it belongs to the value', 'A=a#b', { A: 'a#b' }, 0],
    ['`NAME: value` is a problem', 'A: b', {}, 1],
    ['a line without a name is a problem', 'just text', {}, 1],
    ['an unclosed quote is a problem', 'A="b', {}, 1],
    [
      'an escaped quote does not close the value, and the lines below are read',
      'A="C:\\dir\\"\nB=2',
      { B: '2' },
      1,
    ],
    ['text after the closing quote is a problem', 'A="b" c', {}, 1],
    ['a backslash does not escape a single quote', "A='b\\' c'", {}, 1],
    ['a backslash escapes a double quote, as in JSON', 'A="{\\"a\\":1}"', { A: '{"a":1}' }, 0],
    ['an escaped closing quote does not affect other lines', 'A="C:\\dir\\"\nB="2"', { B: '2' }, 1],
    ['a section is a problem', '[mail]\nB=2', { B: '2' }, 1],
    ['an export without a value is a problem', 'export A\nB=2', { B: '2' }, 1],
    ['a name with non-ASCII letters is a problem', 'GRÖSSE=1\nB=2', { B: '2' }, 1],
    ['an INI comment is a problem', '; A=1\nB=2', { B: '2' }, 1],
    ['a value starts on the line of its name', "A=\n'b'", { A: '' }, 1],
  ])('unlike in dotenv, %s', (_difference, text, values, problems) => {
    const file = parseEnvFile(text, '.env');
    expect(own(file.values)).toEqual(own(values));
    expect(file.problems).toHaveLength(problems);
    // dotenv has another value, or silently skips the line.
    if (problems === 0) expect(own(dotenvParse(text))).not.toEqual(own(values));
  });
});

it.each([
  ['A: b', 'write = instead of the colon'],
  ['export A: b', 'write = instead of the colon'],
  ['[mail]', 'a .env file has no sections'],
  ['[mail] # for production', 'a .env file has no sections'],
  ['export A', 'an export needs a value'],
  ['GRÖSSE=1', 'a name consists of A to Z, a to z, 0 to 9, _, . and -'],
  ['A B=1', 'a name consists of A to Z, a to z, 0 to 9, _, . and -'],
  ['; A=1', 'a comment begins with #'],
  ['// A=1', 'a comment begins with #'],
])('a line that other parsers read or skip is rejected with a hint: %j', (line, advice) => {
  expect(parseEnvFile(`A=1\n${line}\nB=2`, '.env')).toMatchObject({
    values: { A: '1', B: '2' },
    problems: [{ message: `line 2 is not of the form NAME=value: ${advice}` }],
  });
});

it('a quote after an escaped backslash closes the value, as in dotenv and Node.js', () => {
  const part = fc.constantFrom('a', ' ', '#', "'", '\n', '\\\\', 'C:', '=');
  fc.assert(
    fc.property(fc.array(part), fc.array(part), (before, after) => {
      const text = `A="${before.join('')}\\\\"\nB="b${after.join('')}" # why\nC=3`;
      const { values, problems } = parseEnvFile(text, '.env');
      expect(problems).toEqual([]);
      expect(own(values)).toEqual(own(dotenvParse(text)));
      expect(own(values)).toEqual(own(parseEnv(text)));
    }),
    RUNS,
  );
  expect(own(parseEnvFile('A="C:\\\\dir\\\\"\nB="2"', '.env').values)).toEqual([
    ['A', 'C:\\\\dir\\\\'],
    ['B', '2'],
  ]);
});

it('a reference to another variable is detected with its line, unless it is in single quotes', () => {
  const lines = [
    'A=${B}',
    "C='${B}'",
    'D="x',
    '${B}"',
    'E=`${B}`',
    'F=$B',
    'G=${B}',
    'G=plain',
    'H=plain # ${B}',
  ];
  const { values, references, problems } = parseEnvFile(lines.join('\n'), '.env');
  expect([values['A'], values['D'], problems]).toEqual(['${B}', 'x\n${B}', []]);
  expect([...references]).toEqual([
    ['A', 1],
    ['D', 3],
    ['E', 5],
  ]);
});

describe('a file with any content', () => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((octets) => Buffer.from(octets).toString('utf8'));
  const soup = fc
    .array(
      fc.oneof(
        fc.constantFrom('=', ' = ', ':', '"', "'", '`', '\\', '\\n', '\\"', '#', ' #', '{', '}', '-', '.'),
        fc.constantFrom('A', 'B1', 'export ', 'export', '__proto__', '${A}'),
        fc.constantFrom('\n', '\r\n', '\r', ' ', '\t', '\u0000', '\ufeff', '\u2028', '\u00a0'),
      ),
      { maxLength: 40 },
    )
    .map((parts) => parts.join(''));

  it('is read into strings without an exception', () => {
    fc.assert(
      fc.property(fc.oneof(bytes, soup, fc.string({ unit: 'binary', maxLength: 200 })), (text) => {
        const { values, problems } = parseEnvFile(text, '.env');
        for (const [key, value] of Object.entries(values)) {
          expect(key).toMatch(/^[\w.-]+$/);
          expect(value).toBeTypeOf('string');
        }
        for (const problem of problems) {
          expect(Object.keys(problem).toSorted()).toEqual(['code', 'message', 'name']);
          expect(problem).toMatchObject({ name: '.env', code: 'unreadable' });
        }
      }),
      { numRuns: runs(10_000) },
    );
  });

  it('causes only problems that name the line and never quote it', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12}$/).map((text) => `canary${text}`);
    const broken = secret.chain((text) =>
      fc.constantFrom(
        text,
        `${text}: ${text}`,
        `A B=${text}`,
        `A="${text}`,
        `A='${text}`,
        `${text}="x" ${text}`,
        `A=\`${text}\` ${text}`,
        `=${text}`,
        `-----BEGIN ${text}-----`,
        `é=${text}`,
      ),
    );
    const fine = fc.constantFrom('', '# comment', 'A=1', 'export B=2');
    fc.assert(
      fc.property(
        fc.array(fine, { maxLength: 4 }),
        broken,
        fc.array(fine, { maxLength: 2 }),
        (before, bad, after) => {
          const { problems } = parseEnvFile([...before, bad, ...after].join('\n'), '.env');
          expect(problems).toHaveLength(1);
          expect(JSON.stringify(problems)).not.toContain('canary');
          expect(problems[0]?.message).toMatch(new RegExp(`^line ${before.length + 1} `));
        },
      ),
      RUNS,
    );
  });

  it('retains the value of every line except a broken one', () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.stringMatching(/^[A-Z]{1,6}$/), fc.stringMatching(/^[a-z0-9]{0,6}$/), {
          maxKeys: 6,
        }),
        fc.constantFrom('just text', 'X: y', 'broken="never closed', 'broken="a" b', '= 1'),
        fc.nat(6),
        (values, bad, at) => {
          const lines = Object.entries(values).map(([key, value]) => `${key}=${value}`);
          const file = parseEnvFile(lines.toSpliced(at, 0, bad).join('\n'), '.env');
          expect(own(file.values)).toEqual(own(values));
          expect(file.problems).toHaveLength(1);
        },
      ),
      RUNS,
    );
  });
});
