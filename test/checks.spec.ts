import { join } from 'node:path';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { describe, expect, it } from 'vitest';
import {
  type BaseConfig,
  type ConfigClass,
  ConfigDefinitionError,
  DevelopmentConfig,
  ProductionConfig,
  ProductionConfigModule,
  defineCheck,
} from 'nestjs-production-config';
import { runChecks } from '../src/checks/index.js';
import { ChecksConfig } from './fixtures/cli/checks.config.js';
import { SECRET_KEY } from './support/keys.js';
import { RecordingLogger } from './support/recording-logger.js';
import { ROOT, run } from './support/run.js';

const FILE = join(ROOT, '.build/test/fixtures/cli/checks.config.js');
const ENV = { NODE_ENV: 'production', SECRET_KEY };
const MAIL_TOKEN = 'mt-5f1c0a9b7e3d4826';
const FAILURES = [
  ['broken-check', 'The check broken-check failed (RangeError)'],
  ['endless-check', 'The check endless-check did not end within 2 s'],
  ['ill-formed-check', 'The check ill-formed-check failed (TypeError)'],
];

interface Report {
  readonly warnings: readonly { id: string; name?: string; message: string; fix?: string }[];
  readonly silenced: readonly { id: string; reason: string }[];
  readonly unusedSilences: readonly string[];
}

async function check(env: Readonly<Record<string, string>>, ...args: string[]) {
  const { code, stdout, stderr } = await run('dist/cli/main.js', {
    args: ['check', '--json', '--config', FILE, ...args],
    env: { ...ENV, ...env },
  });
  expect(stderr).toBe('');
  expect(stdout).not.toContain(SECRET_KEY);
  return { code, stdout, report: JSON.parse(stdout) as Report };
}

/** Starts an application, on Express or Fastify, and returns what it logs. */
async function start(
  config: ConfigClass<BaseConfig>,
  env: Readonly<Record<string, string>> = {},
  adapter?: FastifyAdapter,
) {
  @Module({ imports: [ProductionConfigModule.forRoot({ config, env: { ...ENV, ...env } })] })
  class AppModule {}
  const logger = new RecordingLogger();
  const options = { logger, abortOnError: false };
  const app = await (adapter === undefined
    ? NestFactory.create(AppModule, options)
    : NestFactory.create(AppModule, adapter, options));
  await app.init();
  return { app, logger };
}

describe("the application's own checks", () => {
  it('count as warnings of the command, also under --strict', async () => {
    const fine = await check({}, '--strict');
    expect([fine.code, fine.report.warnings]).toEqual([0, []]);
    const { code, report } = await check({ MAIL_TOKEN }, '--strict');
    expect(code).toBe(1);
    expect(report.warnings.map(({ id }) => id)).toEqual(['mail-token', 'mail-token']);
  });

  it('print no secret, no credentials of a URL and no line break', async () => {
    const { stdout, report } = await check({ MAIL_TOKEN });
    expect(report.warnings).toEqual([
      {
        id: 'mail-token',
        message: 'the token [redacted]\\nis for https://user:[redacted]@mail.example',
        fix: 'revoke [redacted]',
      },
      { id: 'mail-token', name: '[redacted]', message: 'is old' },
    ]);
    expect(stdout).not.toContain(MAIL_TOKEN);
    expect(stdout).not.toContain('canary');
  });

  it('become a warning without the message of the error if they throw, never end or return something else', async () => {
    const { code, report } = await check({ BREAKS: 'true' });
    expect(code).toBe(0);
    expect(report.warnings.map(({ id, message }) => [id, message])).toEqual(FAILURES);
  });

  it('are not run with --only, nor if the configuration has a problem', async () => {
    const part = await check({ MAIL_TOKEN }, '--only', 'MAIL_TOKEN');
    expect([part.code, part.report.warnings, part.report.unusedSilences]).toEqual([0, [], []]);
    const faulty = await check({ MAIL_TOKEN, TENANTS: 'many' });
    expect([faulty.code, faulty.report.warnings]).toEqual([1, []]);
  });

  it.each([
    ['Express', undefined],
    ['Fastify', new FastifyAdapter()],
  ])('are logged once after a start on %s, without a secret', async (_name, adapter) => {
    const { app, logger } = await start(
      ChecksConfig,
      { MAIL_TOKEN, NODE_ENV: 'demo', TENANTS: '11' },
      adapter,
    );
    await expect
      .poll(() => logger.of('warn').map((text) => text.replace(/ ProductionConfigModule$/, '')))
      .toEqual([
        'the token [redacted]\\nis for https://user:[redacted]@mail.example: revoke [redacted]',
        '[redacted] is old',
      ]);
    await app.close();
    expect(JSON.stringify(logger.lines)).not.toContain(MAIL_TOKEN);
  });

  it('are not started again while they run', async () => {
    let starts = 0;
    class EndlessConfig extends ProductionConfig {
      static override readonly checks = [
        defineCheck({
          id: 'endless-check',
          run: () => {
            starts++;
            return new Promise<undefined>(() => {});
          },
        }),
      ];
    }
    const config = EndlessConfig.load({ NODE_ENV: 'production', SECRET_KEY });
    const looks = [await runChecks(config), await runChecks(config)];
    expect(looks.map(({ findings }) => findings.at(-1)?.message)).toEqual(
      Array(2).fill('The check endless-check did not end within 2 s'),
    );
    expect(starts).toBe(1);
  });

  it('do not delay a start', async () => {
    let release = () => {};
    const hold = new Promise<void>((resolve) => (release = resolve));
    class SlowConfig extends ProductionConfig {
      static override readonly checks = [
        defineCheck({ id: 'slow-check', run: () => hold.then(() => ({ message: 'is slow' })) }),
      ];
    }
    const { app, logger } = await start(SlowConfig);
    release();
    await expect.poll(() => logger.of('warn')).toEqual([expect.stringContaining('is slow')]);
    await app.close();
  });

  it('are those of the class alone, which may add them to those of the class that it extends', async () => {
    class MoreConfig extends ChecksConfig {
      static override readonly checks = [
        ...super.checks.slice(0, 1),
        defineCheck({ id: 'another-check', run: () => ({ message: 'is found' }) }),
      ];
      static override readonly silences = { ...super.silences, 'another-check': 'a test' };
    }
    const { findings, silenced } = await runChecks(MoreConfig.load({ ...ENV, TENANTS: '11' }));
    expect(findings).toEqual([]);
    expect(silenced.map(({ id, reason }) => [id, reason])).toEqual([
      ['tenant-limit', 'agreed with sales'],
      ['another-check', 'a test'],
    ]);
  });

  it.each(['Tenants', 'tenant_limit', 'tenant-', '', 'near-miss', 'heap-limit'])(
    'cannot have the id %j',
    (id) => {
      expect(() => defineCheck({ id, run: () => undefined })).toThrow(ConfigDefinitionError);
    },
  );

  it.each([
    ['the id of a setting of the class', ['log-level'], "another warning has the id 'log-level'"],
    ['one id twice', ['one-id', 'one-id'], "another warning has the id 'one-id'"],
  ])('cannot have %s', async (_name, ids, message) => {
    class TakenConfig extends ProductionConfig {
      static override readonly checks = ids.map((id) => defineCheck({ id, run: () => undefined }));
    }
    await expect(start(TakenConfig)).rejects.toThrow(message);
  });

  it('must be made before the class is, which a circular import prevents', async () => {
    class EarlyConfig extends ProductionConfig {
      static override readonly checks = [undefined as never];
    }
    await expect(start(EarlyConfig)).rejects.toThrow(
      'EarlyConfig.checks must list what defineCheck() returns',
    );
  });
});

describe('the silences of a class', () => {
  it('apply together with --silence', async () => {
    const env = { NODE_ENV: 'demo', TENANTS: '11', LOG_LEVEL: 'debug' };
    const { report } = await check(env, '--silence', 'log-level=for a day');
    expect(report.warnings).toEqual([]);
    expect(report.silenced.map(({ id, reason }) => [id, reason])).toEqual([
      ['node-env', 'a demo'],
      ['log-level', 'for a day'],
      ['tenant-limit', 'agreed with sales'],
    ]);
  });

  it('are listed if they match no warning, but not if --connect alone could find it', async () => {
    expect((await check({})).report.unusedSilences).toEqual(['node-env', 'tenant-limit:TENANTS', 'key-time']);
    expect((await check({}, '--connect')).report.unusedSilences).toContain('certificate-expiry');
  });

  it.each([
    ['node-evn', 'a demo', "SilentConfig.silences: no warning has the id 'node-evn'; valid ids: "],
    ['node-env', ' ', 'SilentConfig.silences: node-env needs a reason'],
    ['node-env', undefined as never, 'SilentConfig.silences: node-env needs a reason'],
  ])('are refused if they are wrong (%s: %j)', async (id, reason, message) => {
    class SilentConfig extends ProductionConfig {
      static override readonly silences: Readonly<Record<string, string>> = { [id]: reason };
    }
    await expect(start(SilentConfig)).rejects.toThrow(message);
    await expect(start(SilentConfig)).rejects.toThrow(ConfigDefinitionError);
  });

  it('may name a warning that only another environment raises', async () => {
    class StagedConfig extends ProductionConfig {
      static override readonly environments = { development: DevelopmentConfig };
      static override readonly silences = { 'development-rules': 'on laptops' };
    }
    const { app, logger } = await start(StagedConfig, { NODE_ENV: 'development' });
    expect(logger.of('warn')).toEqual([]);
    await app.close();
  });
});

describe('runChecks()', () => {
  it('has the warnings of the load, of this package and of the application', async () => {
    const config = ChecksConfig.load({
      ...ENV,
      NODE_ENV: 'demo',
      LOG_LEVEL: 'debug',
      DATABASE_URL: 'postgres://app:x8Kq2Zt7Lw@db.example/app',
      BREAKS: 'true',
    });
    const { findings, silenced, unusedSilences } = await runChecks(config);
    expect(findings.map(({ id, message }) => [id, message])).toEqual([
      ['log-level', "is 'debug', which costs time and may log personal data"],
      ['insecure-connection', 'connects to another host without TLS'],
      ...FAILURES,
    ]);
    expect(silenced.map(({ id }) => id)).toEqual(['node-env']);
    expect(unusedSilences).toEqual(['tenant-limit:TENANTS', 'key-time']);
    expect(JSON.stringify(findings)).not.toContain(SECRET_KEY);
  });

  it('finds what the command finds', async () => {
    const env = { LOG_LEVEL: 'debug', TENANTS: '11', DATABASE_URL: 'postgres://db.example/app', MAIL_TOKEN };
    const { findings, ...silencing } = await runChecks(ChecksConfig.load({ ...ENV, ...env }));
    const { report } = await check(env);
    expect(report).toMatchObject({ warnings: findings, ...silencing });
  });
});
