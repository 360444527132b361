import Joi from 'joi';
import { Client } from 'pg';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigGroup, Env, Group, ProductionConfig, Secret } from 'nestjs-production-config';
import { connectionAdvice } from '../src/checks/advice/connection.advice.js';
import { nodeOptionsAdvice } from '../src/checks/advice/node-options.advice.js';
import { settingsOf } from '../src/config/model/config-shape.js';

// test/cli.spec.ts runs the command once per warning. This file tests the boundaries of each warning.
const SETTINGS = [...settingsOf(ProductionConfig, ProductionConfig).values()];

const idsFor = (url: string, env: Readonly<Record<string, string>> = {}) =>
  connectionAdvice(SETTINGS, { DATABASE_URL: url }, env).map(({ id }) => id);

describe('check warns about a connection that does not verify the certificate', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it('for exactly those PostgreSQL URLs with which pg does not verify it', () => {
    const seen = new Set<boolean>();
    for (const sslmode of ['', 'disable', 'allow', 'prefer', 'require', 'verify-full', 'no-verify'])
      for (const ssl of ['', 'true', 'no-verify'])
        for (const uselibpqcompat of ['', 'true'])
          for (const PGSSLMODE of ['', 'require', 'no-verify']) {
            const named = Object.entries({ sslmode, ssl, uselibpqcompat }).filter(
              ([, value]) => value !== '',
            );
            const url = `postgres://app:x8Kq2@db.example/app?${new URLSearchParams(named).toString()}`;
            vi.stubEnv('PGSSLMODE', PGSSLMODE);
            const { ssl: used } = new Client(url) as unknown as {
              ssl: { rejectUnauthorized?: boolean } | boolean;
            };
            const isUnverified = typeof used === 'object' && used.rejectUnauthorized === false;
            const isWarned = idsFor(url, { PGSSLMODE }).includes('unverified-tls');
            expect(isWarned, `${url} with PGSSLMODE=${PGSSLMODE}`).toBe(isUnverified);
            seen.add(isUnverified);
          }
    expect(seen.size).toBe(2);
  });

  it.each([
    'postgres://app:x8Kq2@db.example/app?sslmode=require&sslaccept=accept_invalid_certs',
    'mysql://app:x8Kq2@db.example/app?ssl={"rejectUnauthorized":false}',
    'mysql://app:x8Kq2@db.example/app?ssl=%7B%22rejectUnauthorized%22%3A+false%7D',
    'mysql://app:x8Kq2@db.example/app?ssl=true&sslaccept=accept_invalid_certs',
    'mysql://app:x8Kq2@db.example/app?tls=skip-verify',
    'mariadb://app:x8Kq2@db.example/app?ssl=true&trustServerCertificate=true',
    'mongodb://app:x8Kq2@db.example/app?tls=true&tlsInsecure=true',
    'mongodb+srv://app:x8Kq2@db.example/app?tlsAllowInvalidCertificates=true',
    'mongodb+srv://app:x8Kq2@db.example/app?tlsAllowInvalidHostnames=true',
    'mongodb://app:x8Kq2@db.example/app?ssl=true&sslValidate=false',
    'rediss://:x8Kq2@cache.example?ssl_cert_reqs=none',
    'rediss://:x8Kq2@cache.example?rejectUnauthorized=false',
    'amqps://app:x8Kq2@queue.example?verify=verify_none',
    'https://hooks.example/x8Kq2?insecure-skip-verify=1',
  ])('for %s', (url) => {
    expect(idsFor(url)).toEqual(['unverified-tls']);
  });

  it.each([
    'postgres://app:x8Kq2@localhost/app?sslmode=no-verify',
    'postgres://app:x8Kq2@db.example/app?sslmode=no-verify&sslmode=verify-full',
    'mongodb://app:x8Kq2@db.example/app?tls=true&tlsInsecure=false',
    'mysql://app:x8Kq2@db.example/app?ssl={"rejectUnauthorized":true}',
    'amqps://app:x8Kq2@queue.example?verify=verify_peer',
    'https://hooks.example/x8Kq2?verify=1&insecure=',
  ])('but not for %s', (url) => {
    expect(idsFor(url)).toEqual([]);
  });
});

describe('check warns about a database by what DATABASE_TLS says', () => {
  const PASSWORD = 'x8Kq2';
  const ADDRESSES: Readonly<Record<string, (host: string, password?: string) => Record<string, string>>> = {
    DATABASE_HOST: (host, password = PASSWORD) => ({
      DATABASE_HOST: host,
      DATABASE_NAME: 'shop',
      DATABASE_USER: 'app',
      DATABASE_PASSWORD: password,
    }),
    DATABASE_URL: (host, password = PASSWORD) => ({
      DATABASE_URL: `postgres://app:${password}@${host}/shop`,
    }),
  };
  const warned = (values: Readonly<Record<string, string>>, env: Readonly<Record<string, string>> = {}) =>
    connectionAdvice(SETTINGS, values, env).map(({ id, name }) => `${name} ${id}`);

  describe.each(Object.entries(ADDRESSES))('with %s', (name, at) => {
    it.each([
      [undefined, ['insecure-connection']],
      ['off', ['insecure-connection']],
      ['require', ['unverified-tls']],
      ['verify', []],
    ])('%s: %j', (mode, ids) => {
      const tls = mode === undefined ? {} : { DATABASE_TLS: mode };
      for (const host of ['db.example', '10.0.0.5']) {
        expect(warned({ ...at(host), ...tls })).toEqual(ids.map((id) => `${name} ${id}`));
      }
      for (const host of ['localhost', '127.0.0.1']) expect(warned({ ...at(host), ...tls })).toEqual([]);
    });

    it('and not by PGSSLMODE, unless DATABASE_TLS is unset', () => {
      const [off, verify] = ['off', 'verify'].map((mode) => ({ ...at('db.example'), DATABASE_TLS: mode }));
      expect(warned(off!, { PGSSLMODE: 'verify-full' })).toEqual([`${name} insecure-connection`]);
      expect(warned(verify!, { PGSSLMODE: 'no-verify' })).toEqual([]);
      expect(warned(at('db.example'), { PGSSLMODE: 'verify-full' })).toEqual([]);
    });

    it.each(['postgres', 'Changeme', 'app'])(
      'and about the default password %s, not on this host',
      (password) => {
        const tls = { DATABASE_TLS: 'verify' };
        expect(warned({ ...at('db.example', password), ...tls })).toEqual([`${name} default-password`]);
        expect(warned({ ...at('localhost', password), ...tls })).toEqual([]);
      },
    );
  });

  it('with the host and the password in parameters of the URL', () => {
    const url = 'postgres:///shop?host=db.example&user=app&password=changeme';
    expect(warned({ DATABASE_URL: url, DATABASE_TLS: 'off' })).toEqual([
      'DATABASE_URL insecure-connection',
      'DATABASE_URL default-password',
    ]);
    expect(warned({ DATABASE_URL: `${url}&uselibpqcompat=true`, DATABASE_TLS: 'require' })).toEqual([
      'DATABASE_URL unverified-tls',
      'DATABASE_URL default-password',
    ]);
  });

  it.each(['mysql', 'mariadb', 'mongodb'])('but not for %s, to which it does not apply', (scheme) => {
    const url = `${scheme}://app:${PASSWORD}@db.example/shop`;
    const plain = ['DATABASE_URL insecure-connection'];
    expect(warned({ DATABASE_URL: url, DATABASE_TLS: 'verify' })).toEqual(plain);
    expect(warned({ DATABASE_URL: `${url}?tls=true`, DATABASE_TLS: 'off' })).toEqual([]);
  });

  it('but not about a host in a group of the service that replaces these settings', () => {
    class OwnDatabase extends ConfigGroup {
      @Secret(Joi.string())
      readonly host!: string;

      @Secret(Joi.string())
      readonly url!: string;

      @Env(Joi.string())
      readonly tls!: string;
    }
    class Config extends ProductionConfig {
      @Group(OwnDatabase, { replaces: 'database' })
      readonly database!: OwnDatabase;
    }
    const settings = settingsOf(Config, Config).values();
    const values = { DATABASE_HOST: 'db.example', DATABASE_TLS: 'off' };
    const url = 'postgres://db.example/shop?sslmode=verify-full';
    expect(connectionAdvice(settings, { ...values, DATABASE_URL: url }, {})).toEqual([]);
  });

  it('but not about a socket', () => {
    expect(warned(ADDRESSES['DATABASE_HOST']!('/var/run/postgresql', 'app'))).toEqual([]);
  });
});

describe('check warns about Node.js options that expose secrets or weaken the service', () => {
  const idsWith = (options: string) => nodeOptionsAdvice({ NODE_OPTIONS: options }).map(({ id }) => id);

  it.each([
    ['--report-on-fatalerror', ['memory-dump']],
    ['--report-on-signal', ['memory-dump']],
    ['--report_uncaught_exception', ['memory-dump']],
    ['--heapsnapshot-near-heap-limit=1', ['memory-dump']],
    ['--heapsnapshot-signal SIGUSR2', ['memory-dump']],
    ['--abort-on-uncaught-exception', ['memory-dump']],
    ['"--report-on-signal" --heapsnapshot-signal=SIGUSR2', ['memory-dump']],
    ['--report-on-fatalerror --report-exclude-env', []],
    ['--heapsnapshot-signal=SIGUSR2 --report-exclude-env', ['memory-dump']],
    ['--report-on-fatalerror --no-report-on-fatalerror', []],
    ['--no-report-on-fatalerror --report-on-fatalerror', ['memory-dump']],
    ['--report-signal=SIGUSR2 --report-compact --report-dir=/tmp', []],
    ['--insecure-http-parser', ['insecure-http-parser']],
    ['--tls-min-v1.0', ['weak-tls']],
    ['--tls-min-v1.1', ['weak-tls']],
    ['--tls-min-v1.2 --tls-max-v1.2', []],
    ['--openssl-legacy-provider', ['weak-tls']],
    ['--tls-keylog=/var/log/keys', ['tls-keylog']],
    ['--security-revert=CVE-2023-46809', ['security-revert']],
    ['--inspect', ['inspector']],
    ['--inspect-brk=0.0.0.0:9229', ['inspector']],
    ['--inspect-port=9229 --inspect-publish-uid=http', []],
    ['--enable-source-maps --max-old-space-size=100 --import ./inspect.js', []],
    ['', []],
  ])('%s: %j', (options, ids) => {
    expect(idsWith(options)).toEqual(ids);
  });

  it.each([
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '0' }, ['unverified-tls']],
    // Node.js disables verification for no other value.
    [{ NODE_TLS_REJECT_UNAUTHORIZED: 'false' }, []],
    [{ NODE_TLS_REJECT_UNAUTHORIZED: '1' }, []],
    [{ NODE_DEBUG: 'http' }, ['node-debug']],
    [{ NODE_DEBUG_NATIVE: 'HTTP2' }, ['node-debug']],
    [{ NODE_DEBUG: '' }, []],
  ])('%j: %j', (env, ids) => {
    expect(nodeOptionsAdvice(env as Record<string, string>).map(({ id }) => id)).toEqual(ids);
  });
});
