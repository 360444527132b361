import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { NestFactory } from '@nestjs/core';
import {
  ConfigError,
  DevelopmentConfig,
  Env,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
} from 'nestjs-production-config';
import fc from 'fast-check';
import Joi from 'joi';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';

const folder = mkdtempSync(join(tmpdir(), 'sources-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const loadFile = (path: string) => ProductionConfig.load({ SECRET_KEY_FILE: path });

describe('a secret file', () => {
  it.each([
    ['unchanged', SECRET_KEY],
    ['without one trailing newline', `${SECRET_KEY}\n`],
    ['without one trailing CRLF', `${SECRET_KEY}\r\n`],
    ['without a byte order mark', `\uFEFF${SECRET_KEY}\n`],
  ])('provides the secret %s', (_how, content) => {
    const config = loadFile(file('key', content));
    expect(config.SECRET_KEY).toBe(SECRET_KEY);
    expect(config.explain().find(({ name }) => name === 'SECRET_KEY')).toMatchObject({
      origin: 'SECRET_KEY_FILE',
    });
  });

  it.each<[string, () => string]>([
    ['cannot be read (ENOENT)', () => join(folder, 'absent')],
    [
      'cannot be read (ELOOP)',
      () => {
        const path = join(folder, 'loop');
        symlinkSync(path, path);
        return path;
      },
    ],
    ['is a directory', () => folder],
    ['is empty', () => file('empty', ' \n')],
    ['is larger than 64 KiB', () => file('huge', 'x'.repeat(64 * 1024 + 1))],
    ['is not UTF-8 text', () => file('binary', Uint8Array.of(0xc3, 0x28, 0xff))],
    [
      'is not a regular file',
      () => {
        const path = join(folder, 'fifo');
        execFileSync('mkfifo', [path]);
        return path;
      },
    ],
  ])('is reported without hanging if it %s', (reason, make) => {
    const path = make();
    expect(reportOf(() => loadFile(path))).toContain(`${path} ${reason}   from SECRET_KEY_FILE`);
  });

  it('is reported with its path if its directory is missing but the start of the path exists', () => {
    const path = join(folder, 'orders', 'not-mounted', 'key');
    expect(reportOf(() => loadFile(path))).toContain(`${path} cannot be read (ENOENT)`);
  });

  it('is reported without its path if the path may be the secret itself', () => {
    for (const secret of [SECRET_KEY, '/lower/case', '//hunter2hunter2', 'hunter2hunter2', './hunter2']) {
      expect(reportOf(() => loadFile(secret))).toContain('the file it names cannot be read');
    }
  });

  it('is refused if the secret is also set directly', () => {
    const report = reportOf(() =>
      ProductionConfig.load({ SECRET_KEY, SECRET_KEY_FILE: file('twice', OTHER_KEYS[0]) }),
    );
    expect(report).toContain('is set twice: by SECRET_KEY and by SECRET_KEY_FILE');
    expect(report).toContain('-> keep one of them');
  });
});

/** The bytes of a text in encodings other than UTF-8, with the reported reason. */
const FOREIGN: readonly (readonly [encoding: string, encode: (text: string) => Buffer])[] = [
  ['is UTF-16 (little-endian) text, not UTF-8', (text) => utf16(`\uFEFF${text}`)],
  ['is UTF-16 (big-endian) text, not UTF-8', (text) => utf16(`\uFEFF${text}`).swap16()],
  ['is UTF-16 (little-endian) text, not UTF-8', utf16],
  ['is UTF-16 (big-endian) text, not UTF-8', (text) => utf16(text).swap16()],
  ['is Latin-1 or Windows-1252 text, not UTF-8 (line 2)', (text) => Buffer.from(`\n${text}`, 'latin1')],
  ['is not UTF-8 text', (text) => Buffer.concat([Buffer.from(text), Buffer.alloc(text.length, 0x81)])],
];

function utf16(text: string): Buffer {
  return Buffer.from(text, 'utf16le');
}

describe('a file in an encoding other than UTF-8', () => {
  it.each(FOREIGN)('%s: a secret file has exactly one problem', (reason, encode) => {
    const path = file('foreign', encode('pässword-of-the-mail-server'));
    expect(inspectConfig(ProductionConfig, { env: { SECRET_KEY_FILE: path } }).problems).toEqual([
      {
        name: 'SECRET_KEY',
        code: 'unreadable',
        message: `${path} ${reason}`,
        origin: 'SECRET_KEY_FILE',
        fix: 'save it as UTF-8',
      },
    ]);
  });

  it.each(FOREIGN)('%s: a .env file has exactly one problem', (reason, encode) => {
    const envFile = file(
      'foreign.env',
      encode('MAIL_PASSWORD=pässword\r\nMAIL_HOST=mail\r\nMAIL_PORT=25\r\n'),
    );
    expect(inspectConfig(ProductionConfig, { env: { SECRET_KEY }, envFile }).problems).toEqual([
      { name: envFile, code: 'unreadable', message: reason, fix: 'save it as UTF-8' },
    ]);
  });

  it('is detected by its bytes: any UTF-8 text is read unchanged', () => {
    class TextConfig extends ProductionConfig {
      @Secret(Joi.string())
      readonly TEXT!: string;
    }
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const value = `key-${text.replaceAll(/[\r\n]/g, '')}-key`;
        const path = file('utf8', value);
        expect(inspectConfig(TextConfig, { env: { SECRET_KEY, TEXT_FILE: path } }).values['TEXT']).toBe(
          value,
        );
      }),
      { numRuns: 500 },
    );
  });
});

/** A directory with the given files. */
function directory(files: Readonly<Record<string, string>>): string {
  const path = mkdtempSync(join(folder, 'dir-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

const originOf = (config: ProductionConfig, setting: string) =>
  config.explain().find(({ name }) => name === setting)?.origin;

describe('directories of mounted secrets', () => {
  it.each<[string, (path: string) => ProductionConfig, string]>([
    [
      '$CREDENTIALS_DIRECTORY, as systemd sets it',
      (path) => ProductionConfig.load({ CREDENTIALS_DIRECTORY: path }),
      '$CREDENTIALS_DIRECTORY/SECRET_KEY',
    ],
    ['$SECRETS_DIR', (path) => ProductionConfig.load({ SECRETS_DIR: path }), '$SECRETS_DIR/SECRET_KEY'],
    [
      'secretsDir, which takes precedence over $SECRETS_DIR',
      (path) => ProductionConfig.load({ SECRETS_DIR: folder }, { secretsDir: path }),
      'secretsDir/SECRET_KEY',
    ],
  ])('are read from %s', (_which, load, origin) => {
    const config = load(
      directory({ SECRET_KEY: `${SECRET_KEY}\n`, SECRET_KEY_FALLBACKS: OTHER_KEYS.join('\n') }),
    );
    expect([config.SECRET_KEY, config.SECRET_KEY_FALLBACKS]).toEqual([SECRET_KEY, OTHER_KEYS]);
    expect(originOf(config, 'SECRET_KEY')).toBe(origin);
  });

  it('are read in the layout of Kubernetes, through two symlinks', () => {
    const mount = directory({});
    mkdirSync(join(mount, '..2026'));
    writeFileSync(join(mount, '..2026', 'SECRET_KEY'), SECRET_KEY);
    symlinkSync('..2026', join(mount, '..data'));
    symlinkSync('..data/SECRET_KEY', join(mount, 'SECRET_KEY'));
    expect(ProductionConfig.load({}, { secretsDir: mount }).SECRET_KEY).toBe(SECRET_KEY);
  });

  it('provide only secrets, and secrets from the application take precedence', async () => {
    const secretsDir = directory({ SECRET_KEY, PORT: '4000' });
    expect(ProductionConfig.load({}, { secretsDir }).PORT).toBe(3000);
    const root = ProductionConfigModule.forRootAsync({
      env: { NODE_ENV: 'production' },
      secretsDir,
      useFactory: () => ({ secrets: { SECRET_KEY: OTHER_KEYS[0] } }),
    });
    const app = await NestFactory.createApplicationContext(root, { logger: false });
    const config = app.get(ProductionConfig);
    expect([config.SECRET_KEY, originOf(config, 'SECRET_KEY')]).toEqual([OTHER_KEYS[0], 'application']);
    await app.close();
  });

  it('take precedence over .env', () => {
    const envFile = file('below.env', `SECRET_KEY=${OTHER_KEYS[0]}\n`);
    const config = ProductionConfig.load({}, { envFile, secretsDir: directory({ SECRET_KEY }) });
    expect(config.SECRET_KEY).toBe(SECRET_KEY);
  });

  it('cause a problem if a secret is found in two places', () => {
    const mount = directory({ SECRET_KEY });
    const load = (env: Record<string, string>) => () => ProductionConfig.load(env, { secretsDir: mount });
    expect(reportOf(load({ SECRET_KEY }))).toContain(
      'is set twice: by SECRET_KEY and by secretsDir/SECRET_KEY',
    );
    const other = file('third', SECRET_KEY);
    expect(reportOf(load({ SECRET_KEY, SECRET_KEY_FILE: other }))).toContain(
      'is set 3 times: by SECRET_KEY and by SECRET_KEY_FILE and by secretsDir/SECRET_KEY',
    );
    expect(reportOf(load({ CREDENTIALS_DIRECTORY: directory({ SECRET_KEY }) }))).toContain(
      'is set twice: by $CREDENTIALS_DIRECTORY/SECRET_KEY and by secretsDir/SECRET_KEY',
    );
    // One directory with two paths is one place.
    expect(load({ CREDENTIALS_DIRECTORY: `${mount}/` })().SECRET_KEY).toBe(SECRET_KEY);
  });

  it('count as one place with X_FILE if both resolve to the same file, through any links', () => {
    const mount = directory({});
    mkdirSync(join(mount, '..2026'));
    writeFileSync(join(mount, '..2026', 'SECRET_KEY'), SECRET_KEY);
    symlinkSync('..2026', join(mount, '..data'));
    symlinkSync('..data/SECRET_KEY', join(mount, 'SECRET_KEY'));
    const alias = join(folder, 'alias');
    symlinkSync(mount, alias);
    for (const path of [
      join(mount, 'SECRET_KEY'),
      join(mount, '..data', 'SECRET_KEY'),
      join(alias, 'SECRET_KEY'),
      relative(process.cwd(), join(mount, 'SECRET_KEY')),
    ]) {
      const config = ProductionConfig.load({ SECRET_KEY_FILE: path }, { secretsDir: mount });
      expect([config.SECRET_KEY, originOf(config, 'SECRET_KEY')]).toEqual([SECRET_KEY, 'SECRET_KEY_FILE']);
    }
    expect(ProductionConfig.load({ CREDENTIALS_DIRECTORY: alias }, { secretsDir: mount }).SECRET_KEY).toBe(
      SECRET_KEY,
    );
    // Two files are two places, even with the same content.
    const copy = file('copy', SECRET_KEY);
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY_FILE: copy }, { secretsDir: mount }))).toContain(
      'is set twice: by SECRET_KEY_FILE and by secretsDir/SECRET_KEY',
    );
  });

  it('cause a warning for a file that is ignored because its setting is not a secret', () => {
    const secretsDir = directory({ SECRET_KEY, PORT: '4000' });
    const { problems, warnings, values } = inspectConfig(ProductionConfig, {
      env: { NODE_ENV: 'production' },
      secretsDir,
    });
    expect([problems, values['PORT']]).toEqual([[], 3000]);
    expect(warnings).toEqual([
      {
        id: 'not-a-secret',
        name: 'PORT',
        message: 'is in secretsDir/PORT, which is not read because PORT is not a secret',
        fix: 'set PORT, mount it in $SETTINGS_DIR, or declare it with @Secret',
      },
    ]);
  });

  it('cause a problem with path and reason for a file that cannot be read', () => {
    const mount = directory({});
    symlinkSync('gone', join(mount, 'SECRET_KEY'));
    mkdirSync(join(mount, 'DATABASE_URL'));
    const report = reportOf(() => ProductionConfig.load({ SECRETS_DIR: mount }));
    expect(report).toContain(`${mount}/SECRET_KEY cannot be read (ENOENT)`);
    expect(report).toContain('from $SECRETS_DIR/SECRET_KEY');
    expect(report).toContain(`${mount}/DATABASE_URL is a directory`);
  });

  it('cause a problem if the path is not a directory, and a note if it does not exist', () => {
    const notOne = file('not-a-directory', '');
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY, SECRETS_DIR: notOne }))).toMatch(
      /\$SECRETS_DIR +\S+ cannot be read \(ENOTDIR\)/,
    );
    const report = reportOf(() => ProductionConfig.load({ SECRETS_DIR: join(folder, 'absent') }));
    expect(report).toContain('SECRET_KEY    is missing');
    expect(report).toMatch(/Note: \$SECRETS_DIR: \S+absent does not exist, so no secret is read from it/);
  });

  it('cause a suggestion for a file with a misspelt name', () => {
    const report = reportOf(() =>
      ProductionConfig.load({}, { secretsDir: directory({ secret_key: SECRET_KEY }) }),
    );
    expect(report).toContain('is missing; secret_key is set: did you mean SECRET_KEY?');
  });
});

describe('the result of the factory of forRootAsync()', () => {
  const start = (fetched: unknown) =>
    NestFactory.createApplicationContext(
      ProductionConfigModule.forRootAsync({ env: {}, useFactory: () => fetched as { secrets: {} } }),
      { logger: false, abortOnError: false },
    );

  it('can contain a secret with a trailing newline, which is removed', async () => {
    const app = await start({ secrets: { SECRET_KEY: `${SECRET_KEY}\n` } });
    expect(app.get(ProductionConfig).SECRET_KEY).toBe(SECRET_KEY);
    await app.close();
  });

  it.each([undefined, {}, { secrets: null }, { secrets: new Map() }, { SECRET_KEY }])(
    'is refused in any other shape: %o',
    async (fetched) => {
      await expect(start(fetched)).rejects.toMatchObject({ code: 'ERR_CONFIG_DEFINITION' });
    },
  );
});

describe('an environment variable for a secret file', () => {
  it('gets a suggestion if its name is misspelt', () => {
    class TokenConfig extends ProductionConfig {
      @Secret(Joi.string())
      readonly TOKEN_OF_STRIPE!: string;
    }
    const load = (env: Record<string, string>) => reportOf(() => TokenConfig.load({ SECRET_KEY, ...env }));
    expect(load({ TOKEN_OF_STRIP_FILE: '/run/x' })).toContain('did you mean TOKEN_OF_STRIPE?');
  });
});

describe('an environment variable with only the beginning of a setting name', () => {
  /** The warnings for these variables in an otherwise valid environment. */
  const fixes = (env: Record<string, string>) =>
    inspectConfig(ProductionConfig, { env: { SECRET_KEY, NODE_ENV: 'production', ...env } }).warnings.map(
      ({ name, fix }) => `${name}: ${fix}`,
    );

  it('gets a suggestion of only that setting', () => {
    expect(fixes({ CACHE_TTL: '60' })).toEqual(['CACHE_TTL: did you mean CACHE_TTL_SECONDS?']);
    expect(fixes({ CACHE_MAX: '60' })).toEqual(['CACHE_MAX: did you mean CACHE_MAX_ENTRIES?']);
  });

  it('gets no suggestion if such a setting is set, or if the name is a single word', () => {
    expect(fixes({ CACHE_TTL: '60', CACHE_TTL_SECONDS: '60' })).toEqual([]);
    expect(fixes({ CACHE_MAX: '60', CACHE_MAX_BYTES: '1mb' })).toEqual([]);
    expect(fixes({ CACHE: 'on', DATABASE: 'shop', LOG: '1' })).toEqual([]);
  });
});

describe('.env files', () => {
  it('provide settings that the environment does not set, and explain() shows their origin', () => {
    const envFile = file(
      '.env',
      `SECRET_KEY=${SECRET_KEY}\nPORT=4000 # for the tests\nexport PAGE_SIZE="20"\n`,
    );
    const config = ProductionConfig.load({ PORT: '5000' }, { envFile });
    expect([config.SECRET_KEY, config.PORT, config.PAGE_SIZE]).toEqual([SECRET_KEY, 5000, 20]);
    expect(config.explain().find(({ name }) => name === 'PAGE_SIZE')).toMatchObject({ origin: envFile });
  });

  it('are not read if NODE_ENV is production, and the report says so', () => {
    const envFile = file('production.env', `SECRET_KEY=${SECRET_KEY}\n`);
    const report = reportOf(() => ProductionConfig.load({ NODE_ENV: 'production' }, { envFile }));
    expect(report).toContain('SECRET_KEY    is missing');
    expect(report).toContain(`Note: ${envFile} is not read, because NODE_ENV is 'production'`);
  });

  it('do not select an environment', () => {
    class Lenient extends ProductionConfig {
      static override readonly environments = { development: DevelopmentConfig };
    }
    const envFile = file('select.env', 'NODE_ENV=development\n');
    expect(reportOf(() => Lenient.load({}, { envFile }))).toContain('(Lenient)');
  });

  it('cause a problem if the one in envFile does not exist', () => {
    expect(
      reportOf(() => ProductionConfig.load({ SECRET_KEY }, { envFile: join(folder, 'none.env') })),
    ).toContain('cannot be read (ENOENT)');
  });

  it.each<[string, () => string]>([
    ['is a directory', () => directory({})],
    ['is larger than 1024 KiB', () => file('huge.env', `A=${'x'.repeat(2 ** 20)}`)],
    ['is not a regular file', () => '/dev/zero'],
    [
      'is not a regular file',
      () => {
        const path = join(folder, 'fifo.env');
        execFileSync('mkfifo', [path]);
        return path;
      },
    ],
  ])('cause a problem without hanging if one %s', (reason, make) => {
    const envFile = make();
    expect(inspectConfig(ProductionConfig, { env: { SECRET_KEY }, envFile }).problems).toEqual([
      { name: envFile, code: 'unreadable', message: reason },
    ]);
  });

  it('cause a warning for a variable reference, or a problem if it is in a secret', () => {
    const envFile = file(
      'reference.env',
      `LOGIN=app\nDATABASE_URL=postgres://\${LOGIN}:x8Kq2@db/app\nCACHE_NAMESPACE=orders\nREGION="eu-\${LOGIN}"\nTEMPLATE='\${LOGIN}'\n`,
    );
    class RegionConfig extends ProductionConfig {
      @Env(Joi.string())
      readonly REGION!: string;
      @Env(Joi.string())
      readonly TEMPLATE!: string;
    }
    const { problems, warnings } = inspectConfig(RegionConfig, { env: { SECRET_KEY }, envFile });
    const fix = 'pass expand: true, write the value out, or put it in single quotes if it is meant literally';
    expect(problems).toMatchObject([
      {
        name: 'DATABASE_URL',
        message: expect.stringContaining('refers to another variable in line 2, which is not replaced'),
        fix,
      },
    ]);
    expect(warnings.filter(({ id }) => id === 'stray-text')).toEqual([
      {
        id: 'stray-text',
        name: 'REGION',
        message: 'refers to another variable in line 4, which is not replaced',
        fix,
      },
    ]);
  });

  it('cause a problem for each invalid line, without its text', () => {
    const envFile = file('broken.env', `SECRET_KEY=${SECRET_KEY}\ncanary line\nB="canary\nC='x' canary\n`);
    const report = reportOf(() => ProductionConfig.load({}, { envFile }));
    expect(report).toContain('line 2 is not of the form NAME=value');
    expect(report).toContain('line 3 opens a quote that is never closed');
    expect(report).toContain('line 4 has text after the closing quote');
    expect(report).not.toContain('canary');
  });

  it('keep a # without a preceding blank, because it can be part of a secret', () => {
    const envFile = file('hash.env', `API_TOKEN=k7#Qp2vX9wRt4 # comment\nSECRET_KEY='${SECRET_KEY}'`);
    class TokenConfig extends ProductionConfig {
      @Secret(Joi.string())
      declare readonly API_TOKEN: string;
    }
    expect(TokenConfig.load({}, { envFile }).API_TOKEN).toBe('k7#Qp2vX9wRt4');
  });
});

describe('process.env', () => {
  it('is read by load() by default, and is not changed', () => {
    process.env['SECRET_KEY'] = SECRET_KEY;
    try {
      const before = { ...process.env };
      expect(ProductionConfig.load().SECRET_KEY).toBe(SECRET_KEY);
      expect({ ...process.env }).toEqual(before);
    } finally {
      delete process.env['SECRET_KEY'];
    }
    expect(() => ProductionConfig.load()).toThrow(ConfigError);
  });
});
