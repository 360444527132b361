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

describe('secret files', () => {
  it.each([
    ['as it is', SECRET_KEY],
    ['without one trailing newline', `${SECRET_KEY}\n`],
    ['without one trailing CRLF', `${SECRET_KEY}\r\n`],
    ['without a byte order mark', `\uFEFF${SECRET_KEY}\n`],
  ])('reads the secret %s', (_how, content) => {
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
  ])('names a file that %s, and does not hang', (reason, make) => {
    const path = make();
    expect(reportOf(() => loadFile(path))).toContain(`${path} ${reason}   from SECRET_KEY_FILE`);
  });

  it('names a file whose directory is missing, where the way to it begins with one that is not', () => {
    const path = join(folder, 'orders', 'not-mounted', 'key');
    expect(reportOf(() => loadFile(path))).toContain(`${path} cannot be read (ENOENT)`);
  });

  it('does not show a path that may be the secret itself', () => {
    for (const secret of [SECRET_KEY, '/lower/case', '//hunter2hunter2', 'hunter2hunter2', './hunter2']) {
      expect(reportOf(() => loadFile(secret))).toContain('the file it names cannot be read');
    }
  });

  it('refuses a secret that is set both directly and by file', () => {
    const report = reportOf(() =>
      ProductionConfig.load({ SECRET_KEY, SECRET_KEY_FILE: file('twice', OTHER_KEYS[0]) }),
    );
    expect(report).toContain('is set twice: by SECRET_KEY and by SECRET_KEY_FILE');
    expect(report).toContain('-> keep one of them');
  });
});

/** The bytes of a text in other encodings than UTF-8, by how each is named. */
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

describe('a file in another encoding than UTF-8', () => {
  it.each(FOREIGN)('%s, which is one problem of a secret file', (reason, encode) => {
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

  it.each(FOREIGN)('%s, which is one problem of a .env file', (reason, encode) => {
    const envFile = file(
      'foreign.env',
      encode('MAIL_PASSWORD=pässword\r\nMAIL_HOST=mail\r\nMAIL_PORT=25\r\n'),
    );
    expect(inspectConfig(ProductionConfig, { env: { SECRET_KEY }, envFile }).problems).toEqual([
      { name: envFile, code: 'unreadable', message: reason, fix: 'save it as UTF-8' },
    ]);
  });

  it('is told by its bytes alone: every text in UTF-8 is read as it is', () => {
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
      'secretsDir, which wins over $SECRETS_DIR',
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

  it('are read as Kubernetes lays them out, behind two symlinks', () => {
    const mount = directory({});
    mkdirSync(join(mount, '..2026'));
    writeFileSync(join(mount, '..2026', 'SECRET_KEY'), SECRET_KEY);
    symlinkSync('..2026', join(mount, '..data'));
    symlinkSync('..data/SECRET_KEY', join(mount, 'SECRET_KEY'));
    expect(ProductionConfig.load({}, { secretsDir: mount }).SECRET_KEY).toBe(SECRET_KEY);
  });

  it('hold secrets only, and lose against what the application fetched', async () => {
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

  it('win over .env', () => {
    const envFile = file('below.env', `SECRET_KEY=${OTHER_KEYS[0]}\n`);
    const config = ProductionConfig.load({}, { envFile, secretsDir: directory({ SECRET_KEY }) });
    expect(config.SECRET_KEY).toBe(SECRET_KEY);
  });

  it('make it a problem to find a secret in two places', () => {
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
    // One directory under two names is one place.
    expect(load({ CREDENTIALS_DIRECTORY: `${mount}/` })().SECRET_KEY).toBe(SECRET_KEY);
  });

  it('are one place with X_FILE where both lead to one file, through whatever links', () => {
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
    // Two files are two places, even if they hold the same.
    const copy = file('copy', SECRET_KEY);
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY_FILE: copy }, { secretsDir: mount }))).toContain(
      'is set twice: by SECRET_KEY_FILE and by secretsDir/SECRET_KEY',
    );
  });

  it('have a file named that is ignored, because its setting is no secret', () => {
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
        message: 'is a file in secretsDir, but not a secret: only secrets are read from files',
        fix: 'set PORT, or declare it with @Secret',
      },
    ]);
  });

  it('have a file named that cannot be read, with its path and the reason', () => {
    const mount = directory({});
    symlinkSync('gone', join(mount, 'SECRET_KEY'));
    mkdirSync(join(mount, 'DATABASE_URL'));
    const report = reportOf(() => ProductionConfig.load({ SECRETS_DIR: mount }));
    expect(report).toContain(`${mount}/SECRET_KEY cannot be read (ENOENT)`);
    expect(report).toContain('from $SECRETS_DIR/SECRET_KEY');
    expect(report).toContain(`${mount}/DATABASE_URL is a directory`);
  });

  it('are a problem when they are none, and are named when they are not there', () => {
    const notOne = file('not-a-directory', '');
    expect(reportOf(() => ProductionConfig.load({ SECRET_KEY, SECRETS_DIR: notOne }))).toMatch(
      /\$SECRETS_DIR +\S+ cannot be read \(ENOTDIR\)/,
    );
    const report = reportOf(() => ProductionConfig.load({ SECRETS_DIR: join(folder, 'absent') }));
    expect(report).toContain('SECRET_KEY    is missing');
    expect(report).toMatch(/Note: \$SECRETS_DIR: \S+absent does not exist, so no secret is read from it/);
  });

  it('have a file named whose name is only nearly right', () => {
    const report = reportOf(() =>
      ProductionConfig.load({}, { secretsDir: directory({ secret_key: SECRET_KEY }) }),
    );
    expect(report).toContain('is missing; secret_key is set: did you mean SECRET_KEY?');
  });
});

describe('what the factory of forRootAsync answers', () => {
  const start = (fetched: unknown) =>
    NestFactory.createApplicationContext(
      ProductionConfigModule.forRootAsync({ env: {}, useFactory: () => fetched as { secrets: {} } }),
      { logger: false, abortOnError: false },
    );

  it('loses the newline that ended a secret', async () => {
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

describe('a variable that names a file', () => {
  it('is suggested where its name is only nearly right', () => {
    class TokenConfig extends ProductionConfig {
      @Secret(Joi.string())
      readonly TOKEN_OF_STRIPE!: string;
    }
    const load = (env: Record<string, string>) => reportOf(() => TokenConfig.load({ SECRET_KEY, ...env }));
    expect(load({ TOKEN_OF_STRIP_FILE: '/run/x' })).toContain('did you mean TOKEN_OF_STRIPE?');
  });
});

describe('a variable that has only the beginning of a name', () => {
  /** What is said of these variables beside those that are in order. */
  const fixes = (env: Record<string, string>) =>
    inspectConfig(ProductionConfig, { env: { SECRET_KEY, NODE_ENV: 'production', ...env } }).warnings.map(
      ({ name, fix }) => `${name}: ${fix}`,
    );

  it('is taken for that name, and for no other that is about as short', () => {
    expect(fixes({ CACHE_TTL: '60' })).toEqual(['CACHE_TTL: did you mean CACHE_TTL_SECONDS?']);
    expect(fixes({ CACHE_MAX: '60' })).toEqual(['CACHE_MAX: did you mean CACHE_MAX_ENTRIES?']);
  });

  it('is left alone beside what it is the beginning of, and where it is a single word', () => {
    expect(fixes({ CACHE_TTL: '60', CACHE_TTL_SECONDS: '60' })).toEqual([]);
    expect(fixes({ CACHE_MAX: '60', CACHE_MAX_BYTES: '1mb' })).toEqual([]);
    expect(fixes({ CACHE: 'on', DATABASE: 'shop', LOG: '1' })).toEqual([]);
  });
});

describe('.env files', () => {
  it('fills what the environment leaves unset, and says so', () => {
    const envFile = file(
      '.env',
      `SECRET_KEY=${SECRET_KEY}\nPORT=4000 # for the tests\nexport PAGE_SIZE="20"\n`,
    );
    const config = ProductionConfig.load({ PORT: '5000' }, { envFile });
    expect([config.SECRET_KEY, config.PORT, config.PAGE_SIZE]).toEqual([SECRET_KEY, 5000, 20]);
    expect(config.explain().find(({ name }) => name === 'PAGE_SIZE')).toMatchObject({ origin: envFile });
  });

  it('are not read when NODE_ENV is production, which the report then says', () => {
    const envFile = file('production.env', `SECRET_KEY=${SECRET_KEY}\n`);
    const report = reportOf(() => ProductionConfig.load({ NODE_ENV: 'production' }, { envFile }));
    expect(report).toContain('SECRET_KEY    is missing');
    expect(report).toContain(`Note: ${envFile} is not read, because NODE_ENV is 'production'`);
  });

  it('select no environment', () => {
    class Lenient extends ProductionConfig {
      static override readonly environments = { development: DevelopmentConfig };
    }
    const envFile = file('select.env', 'NODE_ENV=development\n');
    expect(reportOf(() => Lenient.load({}, { envFile }))).toContain('(Lenient)');
  });

  it('are named when they were asked for and are not there, or cannot be read', () => {
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
  ])('are named where one %s, and never waited for', (reason, make) => {
    const envFile = make();
    expect(inspectConfig(ProductionConfig, { env: { SECRET_KEY }, envFile }).problems).toEqual([
      { name: envFile, code: 'unreadable', message: reason },
    ]);
  });

  it('have a reference named that is not replaced, as a problem where it is in a secret', () => {
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
    const fix = 'write the value out, or put it in single quotes if it is meant literally';
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

  it('have each line named that cannot be read, without its text', () => {
    const envFile = file('broken.env', `SECRET_KEY=${SECRET_KEY}\ncanary line\nB="canary\nC='x' canary\n`);
    const report = reportOf(() => ProductionConfig.load({}, { envFile }));
    expect(report).toContain('line 2 is not of the form NAME=value');
    expect(report).toContain('line 3 opens a quote that is never closed');
    expect(report).toContain('line 4 has text after the closing quote');
    expect(report).not.toContain('canary');
  });

  it('keep a # that no blank precedes, since it may be part of a secret', () => {
    const envFile = file('hash.env', `API_TOKEN=k7#Qp2vX9wRt4 # comment\nSECRET_KEY='${SECRET_KEY}'`);
    class TokenConfig extends ProductionConfig {
      @Secret(Joi.string())
      declare readonly API_TOKEN: string;
    }
    expect(TokenConfig.load({}, { envFile }).API_TOKEN).toBe('k7#Qp2vX9wRt4');
  });
});

describe('process.env', () => {
  it('is what load() reads by default, and stays as it was', () => {
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
