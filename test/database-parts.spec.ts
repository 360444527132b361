import Joi from 'joi';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ConfigError,
  databaseUrl,
  Env,
  ProductionConfig,
  Secret,
  type Environment,
} from 'nestjs-production-config';
import { SECRET_KEY } from './support/keys.js';

const PASSWORD = 'p@ss/w:ord#?% x8Kq2Zt7Lw';
const PARTS = {
  DATABASE_HOST: 'db.internal',
  DATABASE_NAME: 'shop',
  DATABASE_USER: 'app',
  DATABASE_PASSWORD: PASSWORD,
};

const load = (env: Environment = {}) => ProductionConfig.load({ SECRET_KEY, ...env });

function problemsOf(env: Environment): string[] {
  try {
    load(env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map(({ name, message }) => `${name} ${message}`);
  }
  return [];
}

const BECAUSE = 'is missing; required because DATABASE_HOST is set';

describe('the parts of a database', () => {
  it('are the options of pg, with any password', () => {
    const options = { ...load(PARTS).getDatabaseConfig() };
    expect(options).toMatchObject({
      host: 'db.internal',
      port: 5432,
      database: 'shop',
      user: 'app',
      max: 10,
    });
    expect(options.password).toBe(PASSWORD);
    expect('connectionString' in options).toBe(false);
    expect('ssl' in options).toBe(false);
    expect(load({ ...PARTS, DATABASE_PORT: '6432' }).getDatabaseConfig().port).toBe(6432);
  });

  it('do not show the password in JSON and inspect', () => {
    const config = load(PARTS).getDatabaseConfig();
    for (const text of [
      JSON.stringify(config),
      inspect(config),
      JSON.stringify(load(PARTS)),
      inspect(load(PARTS)),
    ]) {
      expect(text).not.toContain('x8Kq2Zt7Lw');
      expect(text).toContain('db.internal');
    }
  });

  it('are required together, apart from the port and the password', () => {
    expect(problemsOf({ DATABASE_HOST: 'db' })).toEqual([
      `DATABASE_NAME ${BECAUSE}`,
      `DATABASE_USER ${BECAUSE}`,
    ]);
    expect(problemsOf({ DATABASE_PASSWORD: PASSWORD, DATABASE_NAME: 'shop' })).toEqual([]);
    const { DATABASE_PASSWORD: _, ...rest } = PARTS;
    expect('password' in load(rest).getDatabaseConfig()).toBe(false);
  });

  it('are refused beside DATABASE_URL if they name a host', () => {
    const url = 'postgres://app:x8Kq2@db.internal/shop';
    expect(problemsOf({ ...PARTS, DATABASE_URL: url })).toEqual([
      'DATABASE_HOST is set together with DATABASE_URL',
    ]);
    expect(problemsOf({ DATABASE_NAME: 'shop', DATABASE_PASSWORD: PASSWORD, DATABASE_URL: url })).toEqual([]);
  });

  it('are not read from the variable that Kubernetes sets for a Service called database', () => {
    const link = { DATABASE_PORT: 'tcp://10.0.0.1:5432', DATABASE_SERVICE_HOST: '10.0.0.1' };
    expect(load({ DATABASE_URL: 'postgres://db/x', ...link }).DATABASE_PORT).toBeUndefined();
    expect(load({ ...PARTS, ...link }).getDatabaseConfig().port).toBe(5432);
  });

  it('may have the account of a URL, as two URLs may', () => {
    class Config extends ProductionConfig {
      @Secret(databaseUrl(), { distinct: true })
      readonly DIRECT_URL!: string;
    }
    const env = { SECRET_KEY, ...PARTS, DATABASE_PASSWORD: 'x8Kq2Zt7Lw9v' };
    const direct = 'postgres://app:x8Kq2Zt7Lw9v@direct.internal/shop';
    expect(Config.load({ ...env, DIRECT_URL: direct }).DIRECT_URL).toBe(direct);
    expect(() => Config.load({ ...env, DIRECT_URL: direct.replace('app', 'other') })).toThrow(
      /DIRECT_URL +is also used for DATABASE_PASSWORD/,
    );
  });

  it('refuse a URL as the name', () => {
    expect(problemsOf({ ...PARTS, DATABASE_NAME: 'postgres://u:canary@h/d' })).toEqual([
      'DATABASE_NAME must be the name of a database, not a URL',
    ]);
  });

  it('are checked again if a class makes them optional', () => {
    class Config extends ProductionConfig {
      @Env(Joi.string().optional())
      declare readonly DATABASE_USER?: string;
    }
    const { DATABASE_USER: _, ...env } = PARTS;
    expect(() => Config.load({ SECRET_KEY, ...env }).getDatabaseConfig()).toThrow(
      /DATABASE_USER .*is missing/,
    );
  });

  it.each(['db', 'my_db', 'db.internal.', '10.0.0.5', '::1', '[::1]', '/var/run/postgresql'])(
    'accept the host %s',
    (host) => {
      expect(load({ ...PARTS, DATABASE_HOST: host }).getDatabaseConfig().host).toBe(
        host.replace(/[[\]]/g, ''),
      );
    },
  );

  it.each(['db:5432', 'postgres://db', 'app@db', 'db/shop', 'a b', 'a,b', 'db?x'])(
    'refuse the host %s',
    (host) => {
      expect(problemsOf({ ...PARTS, DATABASE_HOST: host })).toEqual([
        expect.stringMatching(
          /^DATABASE_HOST must be the name or the address of a host, without a scheme or port/,
        ),
      ]);
    },
  );

  it('are picked with getDatabaseConfig, and no other setting', () => {
    const picked = ProductionConfig.pick('getDatabaseConfig').load(PARTS);
    expect(picked.getDatabaseConfig().host).toBe('db.internal');
    const url = 'postgres://db.internal/shop';
    expect(
      ProductionConfig.pick('getDatabaseConfig').load({ DATABASE_URL: url }).getDatabaseConfig(),
    ).toMatchObject({
      max: 10,
    });
    expect(() => (picked as unknown as ProductionConfig).PORT).toThrow('was not picked');
  });

  it('are named beside DATABASE_URL if neither is set', () => {
    expect(() => load().getDatabaseConfig()).toThrow(/DATABASE_URL .*is missing[^]*or DATABASE_HOST/);
  });
});

describe('DATABASE_TLS', () => {
  it.each([
    ['off', false],
    ['require', { rejectUnauthorized: false }],
    ['verify', { rejectUnauthorized: true }],
  ])('%s is the option ssl of pg, with a URL and with parts', (mode, ssl) => {
    for (const env of [PARTS, { DATABASE_URL: 'postgres://db.internal/shop' }]) {
      expect(load({ ...env, DATABASE_TLS: mode }).getDatabaseConfig().ssl).toEqual(ssl);
    }
  });

  it.each([
    ['10.0.0.5', '10.0.0.5'],
    ['::1', '[::1]'],
  ])('verify is for the address %s, not for a name that pg takes in its place', (host, inUrl) => {
    for (const env of [
      { ...PARTS, DATABASE_HOST: host },
      { DATABASE_URL: `postgres://app@${inUrl}:6432/shop` },
      { DATABASE_URL: `postgres:///shop?host=${host}` },
    ]) {
      const { ssl } = load({ ...env, DATABASE_TLS: 'verify' }).getDatabaseConfig();
      expect(ssl).toEqual({ rejectUnauthorized: true, host });
    }
  });

  it.each(['sslmode=disable', 'ssl=true', 'sslrootcert=/ca.pem'])(
    'is refused beside %s in the URL',
    (parameter) => {
      const env = { DATABASE_URL: `postgres://db.internal/shop?${parameter}`, DATABASE_TLS: 'verify' };
      expect(problemsOf(env)).toEqual([
        `DATABASE_TLS is set, but DATABASE_URL also contains ${parameter.split('=')[0]}`,
      ]);
    },
  );

  it.each(['mysql', 'mariadb', 'mongodb'])(
    'is refused beside a URL of %s, to which it does not apply',
    (scheme) => {
      expect(problemsOf({ DATABASE_URL: `${scheme}://db.internal/shop`, DATABASE_TLS: 'verify' })).toEqual([
        'DATABASE_TLS is set, but DATABASE_URL is not a PostgreSQL URL',
      ]);
    },
  );

  it('is refused for a socket, which has no TLS', () => {
    const socket = { ...PARTS, DATABASE_HOST: '/var/run/postgresql' };
    expect(problemsOf({ ...socket, DATABASE_TLS: 'verify' })).toEqual([
      'DATABASE_TLS is set, but DATABASE_HOST is a socket, which has no TLS',
    ]);
    expect(problemsOf({ ...socket, DATABASE_TLS: 'off' })).toEqual([]);
  });
});
