import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { afterAll, describe, expect, it } from 'vitest';
import {
  ConfigGroup,
  DevelopmentConfig,
  Env,
  Group,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
  list,
} from 'nestjs-production-config';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';
import { run } from './support/run.js';

const root = realpathSync(mkdtempSync(join(tmpdir(), 'settings-directory-')));
afterAll(() => rmSync(root, { recursive: true }));

class MailConfig extends ConfigGroup {
  @Env(Joi.string())
  readonly host!: string;
}

class AppConfig extends ProductionConfig {
  @Group(MailConfig, { optional: true })
  readonly mail?: MailConfig;

  @Env(list(Joi.string()).optional())
  readonly HOSTS?: readonly string[];

  @Env(Joi.string().allow('').optional(), { alias: ['AREA'] })
  readonly REGION?: string;

  @Secret(Joi.string().optional(), { alias: ['API_TOKEN'] })
  readonly TOKEN?: string;
}

type Files = Readonly<Record<string, string | Uint8Array>>;
const FINE = { NODE_ENV: 'production', SECRET_KEY };

function directory(files: Files): string {
  const path = mkdtempSync(join(root, 'dir-'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

/** A volume as Kubernetes mounts it: the files are links into a directory that is replaced as a whole. */
function volume(files: Files): string {
  const path = directory({});
  renameSync(directory(files), join(path, '..2026_1'));
  symlinkSync('..2026_1', join(path, '..data'));
  for (const name of Object.keys(files)) symlinkSync(`..data/${name}`, join(path, name));
  return path;
}

const inspect = (settingsDir: string, env: Readonly<Record<string, string>> = {}, more: object = {}) =>
  inspectConfig(AppConfig, { env: { ...FINE, ...env }, settingsDir, ...more });

describe('a directory of settings', () => {
  it.each<[string, (path: string) => AppConfig, string]>([
    ['settingsDir', (path) => AppConfig.load(FINE, { settingsDir: path }), 'settingsDir'],
    ['$SETTINGS_DIR', (path) => AppConfig.load({ ...FINE, SETTINGS_DIR: path }), '$SETTINGS_DIR'],
    [
      'settingsDir, which takes precedence',
      (path) => AppConfig.load({ ...FINE, SETTINGS_DIR: root }, { settingsDir: path }),
      'settingsDir',
    ],
    [
      'a path from the working directory',
      (path) => AppConfig.load(FINE, { settingsDir: relative(process.cwd(), path) }),
      'settingsDir',
    ],
  ])('is read from %s, one file for each setting', (_which, load, label) => {
    const config = load(
      volume({ PORT: '4000\n', HOSTS: 'a\r\nb\r\n', MAIL_HOST: '\uFEFFmail.example', AREA: 'eu' }),
    );
    expect([config.PORT, config.HOSTS, config.mail?.host, config.REGION]).toEqual([
      4000,
      ['a', 'b'],
      'mail.example',
      'eu',
    ]);
    expect(config.explain()).toContainEqual(
      expect.objectContaining({ name: 'PORT', origin: `${label}/PORT`, value: 4000 }),
    );
    expect(config.explain().find(({ name }) => name === 'REGION')!.origin).toBe(`${label}/AREA`);
  });

  it('causes no warning, although every account can read its files', async () => {
    const path = volume({ PORT: '4000', MAIL_HOST: 'mail.example' });
    chmodSync(path, 0o755);
    const { code, stdout } = await run('dist/cli/main.js', {
      args: ['check', '--json', '--settings-dir', path],
      env: FINE,
      cwd: root,
    });
    const { problems, warnings, settings } = JSON.parse(stdout) as Record<string, { name: string }[]>;
    expect([code, problems, warnings]).toEqual([0, [], []]);
    expect(settings).toContainEqual(expect.objectContaining({ name: 'PORT', origin: 'settingsDir/PORT' }));
  });

  it('is read by forRoot(), forRootAsync() and pick(), also beside a directory of secrets', async () => {
    const settingsDir = volume({ PORT: '4000' });
    const options = {
      config: AppConfig,
      env: { NODE_ENV: 'production' },
      settingsDir,
      secretsDir: volume({ SECRET_KEY }),
    };
    const secrets = { TOKEN: 'x' };
    for (const module of [
      ProductionConfigModule.forRoot(options),
      ProductionConfigModule.forRootAsync({ ...options, useFactory: () => ({ secrets }) }),
    ]) {
      const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
      expect(app.get(AppConfig).PORT).toBe(4000);
      await app.close();
    }
    expect(AppConfig.pick('PORT').load({}, { settingsDir }).PORT).toBe(4000);
  });

  it('is above .env and has the rank of the environment: a setting in both is a problem', () => {
    const envFile = join(root, 'below.env');
    writeFileSync(envFile, 'PORT=1\nPAGE_SIZE=20\n');
    const settingsDir = directory({ PORT: '4000' });
    const below = { envFile };
    expect(inspect(settingsDir, { NODE_ENV: 'test' }, below).values).toMatchObject({
      PORT: 4000,
      PAGE_SIZE: 20,
    });
    expect(inspect(settingsDir, { PORT: ' ' }).values['PORT']).toBe(4000);
    for (const value of ['5000', '4000']) {
      expect(inspect(settingsDir, { PORT: value }).problems).toEqual([
        {
          name: 'PORT',
          code: 'ambiguous',
          message: 'is set twice: by PORT and by settingsDir/PORT',
          fix: 'keep one of them',
        },
      ]);
    }
    const twice = directory({ AREA: 'eu', REGION: 'eu' });
    expect(inspect(twice).problems).toMatchObject([
      { message: 'is set twice: by settingsDir/REGION and by settingsDir/AREA' },
    ]);
  });

  it('may be the directory of secrets as well, as in a projected volume', () => {
    const path = volume({ SECRET_KEY, PORT: '4000' });
    const both = { NODE_ENV: 'production', SECRETS_DIR: path, SETTINGS_DIR: `${path}/` };
    const { problems, warnings, values } = inspectConfig(AppConfig, { env: both });
    expect([problems, warnings, values['PORT'], values['SECRET_KEY']]).toEqual([[], [], 4000, SECRET_KEY]);
    const link = join(directory({}), 'link');
    symlinkSync(path, link);
    for (const [secretsDir, settingsDir] of [
      [path, link],
      [link, path],
    ] as const) {
      const linked = inspectConfig(AppConfig, { env: { NODE_ENV: 'production' }, secretsDir, settingsDir });
      expect([linked.problems, linked.warnings, linked.values['PORT']]).toEqual([[], [], 4000]);
    }
  });

  it('must not contain a secret, under any name, whether or not the secret is also elsewhere', () => {
    const refused = (name: string, origin: string) => ({
      name,
      code: 'invalid',
      message: 'is a secret, but its file is in a directory for settings that are not secrets',
      fix: `remove it from there, and mount it in $SECRETS_DIR or name its file in ${name}_FILE`,
      origin,
    });
    expect(inspect(volume({ SECRET_KEY, API_TOKEN: 'x' })).problems).toEqual([
      refused('SECRET_KEY', 'settingsDir/SECRET_KEY'),
      refused('TOKEN', 'settingsDir/API_TOKEN'),
    ]);
    const settingsDir = volume({ SECRET_KEY: OTHER_KEYS[0] });
    const alone = { env: { NODE_ENV: 'production', SETTINGS_DIR: settingsDir } };
    const report = reportOf(() => AppConfig.load(alone.env));
    expect(report).toContain('1 problem');
    expect(report).toMatch(
      /SECRET_KEY +is a secret, but its file is in a directory .* from \$SETTINGS_DIR\/SECRET_KEY/,
    );
    expect(report).not.toContain(OTHER_KEYS[0]);
    const fetched = { ...alone, secrets: { SECRET_KEY } };
    expect(inspectConfig(AppConfig, fetched).problems).toMatchObject([{ name: 'SECRET_KEY' }]);
    expect(inspect(volume({ SECRET_KEY_FALLBACKS: OTHER_KEYS[0] })).problems).toHaveLength(1);
  });

  it('does not select an environment: NODE_ENV in it has no effect, and there is a warning', () => {
    class Lenient extends ProductionConfig {
      static override readonly environments = { development: DevelopmentConfig };
    }
    const settingsDir = directory({ NODE_ENV: 'development' });
    const { problems, warnings, values, subject } = inspectConfig(Lenient, {
      env: { SECRET_KEY },
      settingsDir,
    });
    expect([problems, values['NODE_ENV'], subject]).toEqual([[], undefined, 'Lenient']);
    expect(warnings).toContainEqual({
      id: 'settings-dir',
      message: 'NODE_ENV in settingsDir has no effect',
      fix: 'set it in the environment of the process',
    });
  });

  it('causes a problem with path and reason for each file that cannot be read', () => {
    const path = directory({
      REGION: '',
      HOSTS: 'x'.repeat(64 * 1024 + 1),
      CACHE_NAMESPACE: Buffer.from('orders', 'utf16le'),
      PAGE_SIZE: 'many',
    });
    symlinkSync('gone', join(path, 'PORT'));
    mkdirSync(join(path, 'MAIL_HOST'));
    execFileSync('mkfifo', [join(path, 'REPLICAS')]);
    const { problems, values } = inspect(path);
    expect(
      Object.fromEntries(problems.map(({ name, message }) => [name, message.replace(`${path}/`, '')])),
    ).toEqual({
      PORT: 'PORT cannot be read (ENOENT)',
      HOSTS: 'HOSTS is larger than 64 KiB',
      CACHE_NAMESPACE: 'CACHE_NAMESPACE is UTF-16 (little-endian) text, not UTF-8',
      MAIL_HOST: 'MAIL_HOST is a directory',
      REPLICAS: 'REPLICAS is not a regular file',
      PAGE_SIZE: 'must be a whole number from 1 to 1000',
    });
    // The rule allows the empty text.
    expect(values['REGION']).toBe('');
  });

  it('has a setting unset in a blank file, and then another source or the default applies', () => {
    const envFile = join(root, 'blank.env');
    writeFileSync(envFile, 'MAIL_HOST=mail.example\n');
    const settingsDir = volume({
      LOG_LEVEL: '',
      PAGE_SIZE: ' \n',
      MAIL_HOST: '\uFEFF\r\n',
      PORT: '\n',
      HOSTS: '',
    });
    const env = { NODE_ENV: 'test', PAGE_SIZE: '20' };
    for (const more of [{}, { secretsDir: settingsDir }]) {
      const { problems, values, warnings } = inspect(settingsDir, env, { envFile, ...more });
      expect([problems, warnings.map(({ id }) => id)]).toEqual([[], ['node-env']]);
      expect(values).toMatchObject({
        LOG_LEVEL: 'log',
        PAGE_SIZE: 20,
        MAIL_HOST: 'mail.example',
        PORT: 3000,
      });
      expect(values['HOSTS']).toBeUndefined();
    }
    const required = directory({ MAIL_HOST: '', REGION: '', AREA: 'eu' });
    expect(inspect(required).problems).toMatchObject([{ name: 'REGION', code: 'ambiguous' }]);
  });

  it('causes a problem if it is not a directory, and a warning if it does not exist', () => {
    const path = join(directory({ file: '' }), 'file');
    expect(inspect(path).problems).toEqual([
      { name: 'settingsDir', code: 'unreadable', message: `${path} cannot be read (ENOTDIR)` },
    ]);
    expect(inspect(`"${path}"`).problems).toMatchObject([
      { name: 'settingsDir', fix: expect.stringContaining('remove the quotes') },
    ]);
    const { problems, warnings } = inspectConfig(AppConfig, {
      env: { ...FINE, SETTINGS_DIR: join(root, 'absent') },
    });
    expect([problems, warnings]).toEqual([
      [],
      [
        {
          id: 'settings-dir',
          message: `$SETTINGS_DIR: ${join(root, 'absent')} does not exist, so no setting is read from it`,
          fix: 'mount it, or name another directory',
        },
      ],
    ]);
  });

  it('causes warnings for text that tools leave in values, and for names with a typo', () => {
    const { warnings } = inspect(volume({ REGION: '"eu"\n', prot: '1', CACHE_TTL: '5', 'nginx.conf': '' }));
    expect(warnings.map(({ id, name }) => [id, name])).toEqual([
      ['stray-text', 'REGION'],
      ['near-miss', 'prot'],
      ['near-miss', 'CACHE_TTL'],
    ]);
    class Data extends ProductionConfig {
      @Env(Joi.string().optional())
      readonly DATA?: string;
    }
    const settingsDir = volume({ PORT: '4000' });
    expect(inspectConfig(Data, { env: FINE, settingsDir }).warnings).toEqual([]);
  });

  it('is not expanded', () => {
    const settingsDir = directory({ REGION: 'eu-${A}' });
    expect(inspect(settingsDir, { A: 'x' }, { expand: true }).values['REGION']).toBe('eu-${A}');
  });
});
