import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import Joi from 'joi';
import { NestFactory } from '@nestjs/core';
import { afterAll, describe, expect, it } from 'vitest';
import { Env, ProductionConfig, ProductionConfigModule, Secret } from 'nestjs-production-config';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';
import { run } from './support/run.js';

class ServiceConfig extends ProductionConfig {
  @Env(Joi.string().optional())
  readonly BUCKET?: string;

  @Env(Joi.string().trim().optional())
  readonly REGION?: string;

  @Env(Joi.number().integer().optional(), { fix: 'ask the operators' })
  readonly SHARDS?: number;

  @Secret(Joi.string().optional())
  readonly STRIPE_KEY?: string;
}

const SOUND = { NODE_ENV: 'production', SECRET_KEY };
const folder = mkdtempSync(join(tmpdir(), 'stray-text-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileOf(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const problemsOf = (env: Readonly<Record<string, string>>) =>
  inspectConfig(ServiceConfig, { env: { ...SOUND, ...env } }).problems;
const warningsOf = (env: Readonly<Record<string, string>>) =>
  inspectConfig(ServiceConfig, { env: { ...SOUND, ...env } }).warnings;

/** Values with text that tools leave in them, each with the expected message and fix. */
const KINDS: readonly [
  what: string,
  left: (value: string, name: string) => string,
  message: string,
  fix: string,
][] = [
  ['double quotes', (value) => `"${value}"`, 'is enclosed in quotes', 'remove the quotes'],
  ['single quotes', (value) => `'${value}'`, 'is enclosed in quotes', 'remove the quotes'],
  ['backticks', (value) => `\`${value}\``, 'is enclosed in quotes', 'remove the quotes'],
  ['quotes and a carriage return', (value) => `"${value}"\r`, 'is enclosed in quotes', 'remove the quotes'],
  ['typographic quotes', (value) => `“${value}”`, 'is enclosed in typographic quotes', 'remove the quotes'],
  ['a comment', (value) => `${value} # for production`, 'ends in a comment', 'remove the comment'],
  [
    'a byte order mark',
    (value) => `\ufeff${value}`,
    'begins with a byte order mark',
    'save the file as UTF-8',
  ],
  ['its own name and blanks', (value, name) => `${name} = ${value}`, 'begins with its own name', 'keep only'],
  [
    'its own name as in cmd',
    (value, name) => `set ${name}=${value}`,
    'begins with its own name',
    'keep only',
  ],
  [
    'its own name as in PowerShell',
    (value, name) => `$env:${name}="${value}"`,
    'begins with its own name',
    'keep only',
  ],
  [
    'its own name as in a docker option',
    (value, name) => `-e ${name}=${value}`,
    'begins with its own name',
    'keep only',
  ],
  ['quotes and a comment', (value) => `"${value}" # old`, 'ends in a comment', 'remove the comment'],
  [
    'its own name',
    (value, name) => `${name}=${value}`,
    'begins with its own name',
    'keep only the text after',
  ],
  [
    'export and its own name',
    (value, name) => `export ${name}=${value}`,
    'begins with its own name',
    'keep only',
  ],
  ['its own name as in YAML', (value, name) => `${name}: ${value}`, 'begins with its own name', 'keep only'],
  ['a carriage return', (value) => `${value}\r`, 'ends in a carriage return', 'LF line endings'],
  ['a trailing blank', (value) => `${value} `, 'begins or ends with white space', 'remove the white space'],
  ['a leading tab', (value) => `\t${value}`, 'begins or ends with white space', 'remove the white space'],
  [
    'a trailing no-break space',
    (value) => `${value}\u00a0`,
    'begins or ends with white space',
    'remove the white space',
  ],
  ['invalid UTF-8', (value) => `${value}\ufffd`, 'contains U+FFFD', 'as UTF-8'],
];

const IN_SECRETS: typeof KINDS = [
  [
    'a comment without a blank after #',
    (value) => `${value} #key`,
    'ends in a comment',
    'remove the comment',
  ],
  ['an empty comment', (value) => `${value} #`, 'ends in a comment', 'remove the comment'],
  ['another name', (value) => `OTHER_SECRET=${value}`, 'the name of another variable', 'keep only'],
  [
    'an inner no-break space',
    (value) => `${value.slice(0, 9)}\u00a0${value.slice(9)}`,
    'contains an invisible character',
    'remove it',
  ],
  [
    'an inner zero-width space',
    (value) => `${value.slice(0, 9)}\u200b${value.slice(9)}`,
    'contains an invisible',
    'remove it',
  ],
  [
    'a variable reference of Kubernetes',
    (value) => `${value}$(PASSWORD)`,
    'refers to a variable',
    'set the value itself',
  ],
];

describe('a secret', () => {
  it.each([...KINDS, ...IN_SECRETS])(
    'with %s is refused, and the report gives the reason without the value',
    (_what, left, message, fix) => {
      const key = OTHER_KEYS[0];
      const SECRETS = { SECRET_KEY: key, STRIPE_KEY: key };
      for (const name of ['SECRET_KEY', 'STRIPE_KEY'] as const) {
        const text = left(SECRETS[name], name);
        const path = fileOf(name, text);
        const [direct] = problemsOf({ [name]: text });
        expect(direct).toMatchObject({
          name,
          message: expect.stringContaining(message),
          fix: expect.stringContaining(fix),
        });
        // Reading a mounted file removes its byte order mark.
        if (!text.startsWith('\ufeff')) {
          const env: Record<string, string> = { ...SOUND, [`${name}_FILE`]: path };
          if (name === 'SECRET_KEY') delete env['SECRET_KEY'];
          expect(inspectConfig(ServiceConfig, { env }).problems).toMatchObject([
            { ...direct, origin: `${name}_FILE` },
          ]);
        }
        const report = reportOf(() => ServiceConfig.load({ ...SOUND, [name]: text }));
        expect(report).toContain(`-> ${direct!.fix}\n`);
        expect(report).not.toContain('make one');
        expect(report).not.toContain(key);
      }
    },
  );

  it('with quotes gets the fix to remove them, even if it is also refused for another reason', () => {
    const [problem] = problemsOf({ SECRET_KEY: '"changeme"' });
    expect(problem).toMatchObject({ code: 'weak', fix: expect.stringContaining('remove the quotes') });
    expect(problem!.message).toContain('; it is enclosed in quotes');
    expect(problemsOf({ DATABASE_URL: '"postgres://app:x8Kq2@db/app"' })).toMatchObject([
      { fix: expect.stringContaining('remove the quotes') },
    ]);
  });

  it('with quotes in a list causes a warning, because a previous key may contain quotes', () => {
    const env = { SECRET_KEY_FALLBACKS: `"${OTHER_KEYS[0]}",${OTHER_KEYS[1]}` };
    expect(problemsOf(env)).toEqual([]);
    expect(warningsOf(env)).toMatchObject([
      {
        id: 'stray-text',
        name: 'SECRET_KEY_FALLBACKS',
        message: expect.stringMatching(/^is enclosed in quotes \(item 1\)$/),
      },
    ]);
  });

  it('without stray text is accepted unchanged, regardless of its other characters', () => {
    const lines = ['-----BEGIN KEY-----', 'MIIEvQIBADAN', '-----END KEY-----'];
    for (const text of [
      `${lines.join('\n')}\n\n`,
      `${lines.join('\r\n')}\r`,
      'it\'s "fine"',
      '"',
      'a#b',
      '{"a":"b"}',
      '$2b$10$x',
      'a=b=',
    ]) {
      expect(ServiceConfig.load({ ...SOUND, STRIPE_KEY: text }).STRIPE_KEY).toBe(text.replace(/\r?\n$/, ''));
    }
  });

  it('with quotes is accepted from the application, or from .env if the quotes are themselves quoted', async () => {
    const quoted = `"${OTHER_KEYS[0]}"`;
    const envFile = fileOf('quoted.env', `STRIPE_KEY='${quoted}'\n`);
    expect(ServiceConfig.load({ SECRET_KEY }, { envFile }).STRIPE_KEY).toBe(quoted);
    const root = ProductionConfigModule.forRootAsync({
      config: ServiceConfig,
      env: SOUND,
      useFactory: () => ({ secrets: { STRIPE_KEY: quoted } }),
    });
    const app = await NestFactory.createApplicationContext(root, { logger: false });
    expect(app.get(ServiceConfig).STRIPE_KEY).toBe(quoted);
    await app.close();
  });
});

describe('a setting', () => {
  it.each(KINDS)('with %s causes a warning if its rule accepts the value', (_what, left, message, fix) => {
    const text = left('orders-of-june', 'BUCKET');
    expect(problemsOf({ BUCKET: text })).toEqual([]);
    expect(warningsOf({ BUCKET: text })).toMatchObject([
      {
        id: 'stray-text',
        name: 'BUCKET',
        message: expect.stringContaining(message),
        fix: expect.stringContaining(fix),
      },
    ]);
  });

  it.each(KINDS)(
    'with %s is refused with that reason if its rule refuses the value',
    (_what, left, message, fix) => {
      const [problem] = problemsOf({ SHARDS: left('x', 'SHARDS') });
      expect(problem).toMatchObject({
        code: 'invalid',
        message: expect.stringContaining(`; it ${message}`),
        fix: expect.stringContaining(fix),
      });
    },
  );

  it.each(['${BUCKET}', '$(BUCKET)', '{{ .Values.bucket }}', '<no value>'])(
    'with only the placeholder %s causes a warning',
    (text) => {
      expect(warningsOf({ BUCKET: text })).toMatchObject([
        { id: 'stray-text', message: expect.stringContaining('was not substituted') },
      ]);
    },
  );

  it('with white space that its rule trims causes no warning', () => {
    expect(warningsOf({ REGION: ' eu \r', SHARDS: ' 3\r', PORT: '3000 ' })).toEqual([]);
  });

  it('with text that only resembles stray text causes no warning', () => {
    for (const text of [
      '"a" and "b"',
      'a#b',
      '#fff',
      "it's",
      'BUCKET_A=1',
      'crème brûlée',
      'https://${region}.example',
      '👩‍💻',
    ]) {
      expect(warningsOf({ BUCKET: text })).toEqual([]);
    }
  });

  it('with any text is checked without an exception, and messages never quote it', () => {
    const odd = fc.array(
      fc.constantFrom(
        '"',
        "'",
        '`',
        '“',
        '”',
        ' ',
        '\r',
        '\n',
        '#',
        ' # ',
        '=',
        'BUCKET=',
        '\ufeff',
        '${',
        '}',
        '$(',
        ')',
      ),
    );
    fc.assert(
      fc.property(odd, odd, (before, after) => {
        const text = `${before.join('')}canary7f3a${after.join('')}`;
        const env = { ...SOUND, STRIPE_KEY: text, SHARDS: text, BUCKET: text };
        const { problems, warnings } = inspectConfig(ServiceConfig, { env });
        const said = [...problems, ...warnings];
        expect(JSON.stringify(said)).not.toContain('canary');
      }),
      { numRuns: 500 },
    );
  });
});

describe('the path of a secret file or directory', () => {
  it('with quotes gets the fix to remove them', () => {
    const path = fileOf('key', SECRET_KEY);
    expect(reportOf(() => ServiceConfig.load({ SECRET_KEY_FILE: `"${path}"` }))).toMatch(
      /cannot be read \(ENOENT\); the path is enclosed in quotes.*\n +-> remove the quotes,/,
    );
    expect(reportOf(() => ServiceConfig.load({ SECRETS_DIR: `'${folder}'` }))).toMatch(
      /\$SECRETS_DIR +is enclosed in quotes.*\n +-> remove the quotes,/,
    );
  });

  it('with a carriage return is reported with that reason', () => {
    const path = fileOf('key', SECRET_KEY);
    expect(reportOf(() => ServiceConfig.load({ SECRET_KEY_FILE: `${path}\r` }))).toContain(
      'the path ends in a carriage return',
    );
  });
});

describe('an environment variable that other libraries read unchanged', () => {
  it.each([
    [
      'NODE_ENV',
      'production\r',
      'ends in a carriage return: Express and other libraries run in their development mode',
    ],
    ['NODE_ENV', 'production ', 'begins or ends with white space: Express and other libraries'],
    ['NODE_ENV', '\u00a0production', 'begins or ends with white space: Express and other libraries'],
    [
      'PGSSLMODE',
      'require ',
      'begins or ends with white space: pg does not recognise the mode and leaves TLS off',
    ],
    ['PGHOST', 'db.example\r', 'ends in a carriage return: pg'],
    ['TZ', 'Europe/Berlin\r', 'ends in a carriage return: Node does not recognise the zone and uses UTC'],
    ['NODE_EXTRA_CA_CERTS', '/etc/ca.pem ', 'Node does not find the file'],
  ])('causes a warning if white space surrounds its value: %s=%j', (name, value, message) => {
    expect(warningsOf({ [name]: value })).toEqual([
      { id: 'stray-text', name, message: expect.stringContaining(message), fix: 'remove it' },
    ]);
  });

  it('causes a warning at boot, and NODE_ENV still selects the production rules', async () => {
    const env = { SECRET_KEY, NODE_ENV: 'production\r' };
    const { stdout } = await run('.build/test/fixtures/boot.app.js', { args: ['express'], env });
    expect(stdout).toContain(
      'NODE_ENV ends in a carriage return: Express and other libraries run in their development mode',
    );
    expect(stdout).not.toContain("NODE_ENV is not 'production'");
  });

  it('is reported once if it is also a setting', () => {
    class ZoneConfig extends ProductionConfig {
      @Env(Joi.string())
      readonly TZ!: string;
    }
    const { warnings } = inspectConfig(ZoneConfig, { env: { ...SOUND, TZ: 'UTC\r' } });
    expect(warnings.map(({ id, name }) => [id, name])).toEqual([['stray-text', 'TZ']]);
  });
});
