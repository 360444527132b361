import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { ConfigError, ProductionConfig, type Environment } from 'nestjs-production-config';
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

const BECAUSE = 'is missing; required because a part of the database is set, and DATABASE_URL is not';

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
    expect(problemsOf({ DATABASE_PASSWORD: PASSWORD })).toEqual(
      ['HOST', 'NAME', 'USER'].map((part) => `DATABASE_${part} ${BECAUSE}`),
    );
    const { DATABASE_PASSWORD: _, ...rest } = PARTS;
    expect('password' in load(rest).getDatabaseConfig()).toBe(false);
  });

  it('are refused beside DATABASE_URL', () => {
    const url = 'postgres://app:x8Kq2@db.internal/shop';
    expect(problemsOf({ ...PARTS, DATABASE_URL: url })).toEqual([
      'DATABASE_HOST is set, but DATABASE_URL already says where the database is',
    ]);
    expect(problemsOf({ DATABASE_PORT: '5432', DATABASE_URL: url })).toEqual([
      'DATABASE_PORT is set, but DATABASE_URL already says where the database is',
    ]);
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
          /^DATABASE_HOST must be the name or the address of a host without a scheme and a port/,
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

  it('say what is missing if there is no database', () => {
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

  it.each(['sslmode=disable', 'ssl=true', 'sslrootcert=/ca.pem'])(
    'is refused beside %s in the URL',
    (parameter) => {
      const env = { DATABASE_URL: `postgres://db.internal/shop?${parameter}`, DATABASE_TLS: 'verify' };
      expect(problemsOf(env)).toEqual([
        `DATABASE_TLS is set, but DATABASE_URL has ${parameter.split('=')[0]}, too`,
      ]);
    },
  );
});
