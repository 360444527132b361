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

/** How a value looks with what tools leave in it, what is said of it, and what to do. */
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
    'its own name as for docker',
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
  ['a blank at its end', (value) => `${value} `, 'begins or ends with white space', 'remove the white space'],
  ['a tab before it', (value) => `\t${value}`, 'begins or ends with white space', 'remove the white space'],
  [
    'a no-break space at its end',
    (value) => `${value}\u00a0`,
    'begins or ends with white space',
    'remove the white space',
  ],
  ['bytes that were not UTF-8', (value) => `${value}\ufffd`, 'contains U+FFFD', 'as UTF-8'],
];

const IN_SECRETS: typeof KINDS = [
  ['a comment without a blank', (value) => `${value} #key`, 'ends in a comment', 'remove the comment'],
  ['a comment sign', (value) => `${value} #`, 'ends in a comment', 'remove the comment'],
  ['another name', (value) => `OTHER_SECRET=${value}`, 'the name of another variable', 'keep only'],
  [
    'a no-break space within',
    (value) => `${value.slice(0, 9)}\u00a0${value.slice(9)}`,
    'contains an invisible character',
    'remove it',
  ],
  [
    'a zero-width space within',
    (value) => `${value.slice(0, 9)}\u200b${value.slice(9)}`,
    'contains an invisible',
    'remove it',
  ],
  [
    'a reference of Kubernetes',
    (value) => `${value}$(PASSWORD)`,
    'refers to a variable',
    'set the value itself',
  ],
];

describe('a secret that was delivered with', () => {
  it.each([...KINDS, ...IN_SECRETS])(
    '%s is refused, which the report explains without the value',
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
        // A mounted file loses its byte order mark where it is read.
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

  it('quotes is told to lose them, also where the key is refused in any case', () => {
    const [problem] = problemsOf({ SECRET_KEY: '"changeme"' });
    expect(problem).toMatchObject({ code: 'weak', fix: expect.stringContaining('remove the quotes') });
    expect(problem!.message).toContain('; it is enclosed in quotes');
    expect(problemsOf({ DATABASE_URL: '"postgres://app:x8Kq2@db/app"' })).toMatchObject([
      { fix: expect.stringContaining('remove the quotes') },
    ]);
  });

  it('quotes in a list is warned of, since an earlier key with quotes may have to be accepted', () => {
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

  it('nothing else is accepted as it is, whatever else is in it', () => {
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

  it('quotes is accepted where the application itself fetched it, or .env holds them within quotes', async () => {
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

describe('a setting that was delivered with', () => {
  it.each(KINDS)('%s is warned of where its rule accepts that', (_what, left, message, fix) => {
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

  it.each(KINDS)('%s is refused with that reason where its rule refuses it', (_what, left, message, fix) => {
    const [problem] = problemsOf({ SHARDS: left('x', 'SHARDS') });
    expect(problem).toMatchObject({
      code: 'invalid',
      message: expect.stringContaining(`; it ${message}`),
      fix: expect.stringContaining(fix),
    });
  });

  it.each(['${BUCKET}', '$(BUCKET)', '{{ .Values.bucket }}', '<no value>'])(
    'the placeholder %s alone is warned of',
    (text) => {
      expect(warningsOf({ BUCKET: text })).toMatchObject([
        { id: 'stray-text', message: expect.stringContaining('was not substituted') },
      ]);
    },
  );

  it('white space that the rule takes off is fine', () => {
    expect(warningsOf({ REGION: ' eu \r', SHARDS: ' 3\r', PORT: '3000 ' })).toEqual([]);
  });

  it('text that only looks like it is fine', () => {
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

  it('any text at all is read without an exception, and never quoted', () => {
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

describe('the path of a secret file, or of a directory of them, that was delivered with', () => {
  it('quotes is told to lose them', () => {
    const path = fileOf('key', SECRET_KEY);
    expect(reportOf(() => ServiceConfig.load({ SECRET_KEY_FILE: `"${path}"` }))).toMatch(
      /cannot be read \(ENOENT\); the path is enclosed in quotes.*\n +-> remove the quotes,/,
    );
    expect(reportOf(() => ServiceConfig.load({ SECRETS_DIR: `'${folder}'` }))).toMatch(
      /\$SECRETS_DIR +is enclosed in quotes.*\n +-> remove the quotes,/,
    );
  });

  it('a carriage return is told so', () => {
    const path = fileOf('key', SECRET_KEY);
    expect(reportOf(() => ServiceConfig.load({ SECRET_KEY_FILE: `${path}\r` }))).toContain(
      'the path ends in a carriage return',
    );
  });
});

describe('a variable that other libraries read as it is', () => {
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
  ])('is warned of where white space surrounds it: %s=%j', (name, value, message) => {
    expect(warningsOf({ [name]: value })).toEqual([
      { id: 'stray-text', name, message: expect.stringContaining(message), fix: 'remove it' },
    ]);
  });

  it('is warned of at boot, where NODE_ENV chooses the hardened rules all the same', async () => {
    const env = { SECRET_KEY, NODE_ENV: 'production\r' };
    const { stdout } = await run('.build/test/fixtures/boot.app.js', { args: ['express'], env });
    expect(stdout).toContain(
      'NODE_ENV ends in a carriage return: Express and other libraries run in their development mode',
    );
    expect(stdout).not.toContain("NODE_ENV is not 'production'");
  });

  it('is named once where it is a setting as well', () => {
    class ZoneConfig extends ProductionConfig {
      @Env(Joi.string())
      readonly TZ!: string;
    }
    const { warnings } = inspectConfig(ZoneConfig, { env: { ...SOUND, TZ: 'UTC\r' } });
    expect(warnings.map(({ id, name }) => [id, name])).toEqual([['stray-text', 'TZ']]);
  });
});
