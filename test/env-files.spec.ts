import { chmodSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import Joi from 'joi';
import { describe, expect, it } from 'vitest';
import {
  ConfigGroup,
  DevelopmentConfig,
  Env,
  Group,
  ProductionConfig,
  ProductionConfigModule,
  Secret,
} from 'nestjs-production-config';
import { inspectConfig } from '../src/config/load/config.inspection.js';
import { OTHER_KEYS, SECRET_KEY } from './support/keys.js';
import { useOwnFolders } from './support/own-folder.js';
import { reportOf } from './support/report.js';

useOwnFolders();

const write = (files: Readonly<Record<string, string | Uint8Array>>) => {
  for (const [name, content] of Object.entries(files)) writeFileSync(name, content);
};

class MailConfig extends ConfigGroup {
  @Env(Joi.string().optional())
  readonly host?: string;

  @Env(Joi.string().allow('').optional())
  readonly footer?: string;
}

class AppConfig extends ProductionConfig {
  @Group(MailConfig)
  readonly mail!: MailConfig;

  @Env(Joi.string().optional(), { alias: ['AREA'] })
  readonly REGION?: string;

  @Secret(Joi.string().optional())
  readonly TOKEN?: string;
}

const BOTH = { envFile: ['.env.local', '.env'] };
const originsOf = (config: ProductionConfig) =>
  Object.fromEntries(config.explain().map(({ name, origin }) => [name, origin]));
const inspect = (options: object, env: Readonly<Record<string, string>> = { SECRET_KEY }) =>
  inspectConfig(AppConfig, { env, ...options });

describe('several .env files', () => {
  it('provide each setting from the first file that has it, and explain() names the file', () => {
    write({
      '.env.local': 'PORT=4001\nMAIL_HOST=local.example\n',
      '.env': `PORT=4002\nPAGE_SIZE=20\nSECRET_KEY=${SECRET_KEY}\nMAIL_HOST=mail.example\n`,
    });
    const config = AppConfig.load({ CACHE_TTL_SECONDS: '5' }, BOTH);
    expect([config.PORT, config.PAGE_SIZE, config.mail.host]).toEqual([4001, 20, 'local.example']);
    expect(originsOf(config)).toMatchObject({
      CACHE_TTL_SECONDS: 'environment',
      PORT: '.env.local',
      MAIL_HOST: '.env.local',
      PAGE_SIZE: '.env',
      SECRET_KEY: '.env',
      REGION: 'unset',
    });
  });

  it('are below the environment and the mounted files, whatever their order', () => {
    mkdirSync('secrets');
    write({ a: 'PORT=1\nTOKEN=a\n', b: 'PORT=2\nTOKEN=b\n', 'secrets/TOKEN': 'mounted' });
    for (const envFile of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const config = AppConfig.load({ SECRET_KEY, PORT: '9' }, { envFile, secretsDir: 'secrets' });
      expect([config.PORT, config.TOKEN]).toEqual([9, 'mounted']);
    }
  });

  it('are read by forRoot(), forRootAsync(), pick() and loadOrExit(), too', async () => {
    write({ '.env.local': 'PORT=4001\n', '.env': `PAGE_SIZE=20\nSECRET_KEY=${SECRET_KEY}\n` });
    const options = { config: AppConfig, env: {}, ...BOTH };
    for (const module of [
      ProductionConfigModule.forRoot(options),
      ProductionConfigModule.forRootAsync({ ...options, useFactory: () => ({ secrets: { TOKEN: 'x' } }) }),
    ]) {
      const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
      expect([app.get(AppConfig).PORT, app.get(AppConfig).PAGE_SIZE]).toEqual([4001, 20]);
      await app.close();
    }
    const { PORT, PAGE_SIZE } = AppConfig.pick('PORT', 'PAGE_SIZE').load({}, BOTH);
    expect([PORT, PAGE_SIZE]).toEqual([4001, 20]);
    expect(AppConfig.loadOrExit({}, BOTH).PORT).toBe(4001);
  });

  it('may be absent, as long as one exists', () => {
    write({ '.env': 'PORT=4002\n' });
    expect(inspect(BOTH)).toMatchObject({ problems: [], values: { PORT: 4002 } });
    symlinkSync('gone', '.env.local');
    expect(inspect(BOTH).problems).toEqual([]);
    rmSync('.env');
    expect(inspect(BOTH).problems).toEqual([
      { name: 'envFile', code: 'unreadable', message: 'names .env.local, .env, and none of them exists' },
    ]);
    expect(inspect({ envFile: ['only.env'] }).problems).toEqual([
      { name: 'only.env', code: 'unreadable', message: 'cannot be read (ENOENT)' },
    ]);
  });

  it('cause a problem each if they exist but cannot be read', () => {
    mkdirSync('dir.env');
    write({
      'huge.env': `A=${'x'.repeat(2 ** 20)}`,
      'wide.env': Buffer.from('PORT=1\r\n', 'utf16le'),
      'broken.env': 'PORT 1\n',
      'sound.env': 'PORT=4000\n',
      'closed.env': 'PORT=1\n',
    });
    chmodSync('closed.env', 0o000);
    const envFile = ['dir.env', 'huge.env', 'wide.env', 'sound.env/.env', 'broken.env', 'sound.env'];
    const { problems, values } = inspect({ envFile });
    expect(problems.map(({ name, message }) => `${name} ${message}`)).toEqual([
      'dir.env is a directory',
      'huge.env is larger than 1024 KiB',
      'wide.env is UTF-16 (little-endian) text, not UTF-8',
      'sound.env/.env cannot be read (ENOTDIR)',
      expect.stringContaining('broken.env line 1 is not of the form NAME=value'),
    ]);
    expect(values['PORT']).toBe(4000);
    // Root may read any file.
    if (process.getuid!() !== 0) {
      expect(inspect({ envFile: ['closed.env', 'sound.env'] }).problems).toMatchObject([
        { name: 'closed.env', message: 'cannot be read (EACCES)' },
      ]);
    }
  });

  it('may be of 1 MiB, begin with a byte order mark, have CRLF, and be symbolic links', () => {
    write({
      real: `\uFEFFPORT=4001\r\nREGION=eu\r\n#${'x'.repeat(2 ** 20 - 31)}`,
      '.env': 'PAGE_SIZE=20\r\n',
    });
    symlinkSync('real', '.env.local');
    expect(inspect(BOTH)).toMatchObject({
      problems: [],
      warnings: [{ id: 'node-env' }],
      values: { PORT: 4001, REGION: 'eu', PAGE_SIZE: 20 },
    });
  });

  it('are found from the working directory, or by their whole path', () => {
    mkdirSync('config');
    write({ 'config/a.env': 'PORT=4001\n', 'b.env': 'PAGE_SIZE=20\n' });
    const envFile = [
      join(process.cwd(), 'config', 'a.env'),
      '../'.concat(process.cwd().split('/').at(-1)!, '/b.env'),
    ];
    expect(inspect({ envFile })).toMatchObject({ problems: [], values: { PORT: 4001, PAGE_SIZE: 20 } });
  });

  it('pass a blank value on to the next file, unless the rule allows the empty text', () => {
    write({
      '.env.local': 'PORT=\nREGION="  "\nMAIL_FOOTER=\n',
      '.env': 'PORT=4002\nREGION=eu\nMAIL_FOOTER=Bye\n',
    });
    expect(inspect(BOTH).values).toMatchObject({ PORT: 4002, REGION: 'eu', MAIL_FOOTER: '' });
  });

  it('may use different aliases: the first file wins', () => {
    write({ '.env.local': 'AREA=local\n', '.env': 'REGION=eu\n' });
    const config = AppConfig.load({ SECRET_KEY }, BOTH);
    expect([config.REGION, originsOf(config)['REGION']]).toEqual(['local', '.env.local, as AREA']);
    write({ '.env.local': 'AREA=local\nREGION=other\n' });
    expect(inspect(BOTH).problems).toMatchObject([{ name: 'REGION', code: 'ambiguous' }]);
  });

  it('may name the file of a secret, which wins over a later file with the secret itself', () => {
    write({ '.env.local': 'TOKEN_FILE=token\n', '.env': 'TOKEN=later\n', token: 'from a file\n' });
    const config = AppConfig.load({ SECRET_KEY }, BOTH);
    expect([config.TOKEN, originsOf(config)['TOKEN']]).toEqual(['from a file', 'TOKEN_FILE']);
  });

  it('may be listed twice, or not at all', () => {
    write({ '.env': 'PORT 1\n', '.env.local': 'PORT=4001\n' });
    expect(inspect({ envFile: ['.env.local', '.env', '.env', '.env.local'] }).problems).toHaveLength(1);
    process.env['SECRET_KEY'] = SECRET_KEY;
    try {
      expect(AppConfig.load(undefined, { envFile: [] }).PORT).toBe(3000);
      expect(() => AppConfig.load()).toThrow('line 1 is not of the form');
    } finally {
      delete process.env['SECRET_KEY'];
    }
  });

  it('are not read in production, and there is a warning of each that exists', () => {
    write({ '.env': 'SECRET_KEY=x\n', '.env.test': 'PORT 1\n' });
    const { problems, warnings, values } = inspect(
      { envFile: ['.env.local', '.env.test', '.env'] },
      { SECRET_KEY, NODE_ENV: 'production' },
    );
    expect([problems, values['PORT']]).toEqual([[], 3000]);
    expect(warnings.map(({ id, message }) => [id, message])).toEqual([
      ['dotenv-in-production', ".env.test is not read, because NODE_ENV is 'production'"],
      ['dotenv-in-production', ".env is not read, because NODE_ENV is 'production'"],
    ]);
    rmSync('.env');
    rmSync('.env.test');
    expect(inspect(BOTH, { SECRET_KEY, NODE_ENV: 'production' })).toMatchObject({
      problems: [],
      warnings: [],
    });
  });

  it('do not select an environment: NODE_ENV in any of them has no effect', () => {
    class Lenient extends ProductionConfig {
      static override readonly environments = { development: DevelopmentConfig };
    }
    write({ '.env.local': 'PORT=1\n', '.env': 'NODE_ENV=development\n' });
    const report = reportOf(() => Lenient.load({}, BOTH));
    expect(report).toContain('(Lenient)');
    expect(report).toContain('Note: NODE_ENV in .env has no effect');
  });

  it('are read again, in the same order, when changed key files are adopted', () => {
    write({ '.env.local': 'SECRET_KEY_FILE=${DIR}key\n', '.env': 'DIR=./\nPORT=4002\n', key: SECRET_KEY });
    const before = inspect({ ...BOTH, expand: true }, { SECRET_KEY_RELOAD_SECONDS: '1' });
    write({ key: OTHER_KEYS[0] });
    const after = before.reread();
    expect([before, after].map(({ problems }) => problems)).toEqual([[], []]);
    expect([before, after].map(({ values }) => values['SECRET_KEY'])).toEqual([SECRET_KEY, OTHER_KEYS[0]]);
    expect([...after.files]).toEqual([['SECRET_KEY', './key']]);
  });

  it('explain a name with a typo in any of them', () => {
    write({ '.env.local': 'PORT=1\n', '.env': `SECRET_KYE=${OTHER_KEYS[0]}\n` });
    expect(reportOf(() => AppConfig.load({}, BOTH))).toContain('SECRET_KYE is set: did you mean SECRET_KEY?');
  });
});
