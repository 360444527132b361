import fc from 'fast-check';
import mongoose from 'mongoose';
import mysql from 'mysql2';
import { inspect } from 'node:util';
import { Client } from 'pg';
import { createClient } from '@redis/client';
import { describe, expect, it } from 'vitest';
import { ConfigError, databaseUrl, ProductionConfig, Secret } from 'nestjs-production-config';
import { nodesOf, sentinelNodesOf } from '../src/cache/far/redis/redis.nodes.js';
import { SECRET_KEY } from './support/keys.js';
import { reportOf } from './support/report.js';
import { IS_LONG, runs } from './support/runs.js';

const env = { NODE_ENV: 'production', SECRET_KEY };

/** The value that the class returns, or undefined if it rejects the settings. */
function read(settings: Record<string, string>): string | undefined {
  try {
    const { DATABASE_URL, CACHE_URL } = ProductionConfig.load({ ...env, ...settings });
    return DATABASE_URL ?? CACHE_URL;
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

const readDatabase = (url: string) => read({ DATABASE_URL: url });
const readCache = (url: string) => read({ CACHE_URL: url, CACHE_NAMESPACE: 'shop' });

/** User, password, host, port and database. */
type Connection = readonly string[];

/** How a driver parses a URL; undefined if it throws. */
type Driver = (url: string) => Connection | undefined;

const connectionOf = (...parts: readonly (string | number | null | undefined)[]): Connection =>
  parts.map((part, index) => {
    const text = String(part ?? '');
    return index === 2 ? text.replace(/^\[(.*)\]$/, '$1').toLowerCase() : text;
  });

const quiet =
  (driver: Driver): Driver =>
  (url) => {
    try {
      return driver(url);
    } catch {
      return undefined;
    }
  };

const pg = quiet((url) => {
  const { user, password, host, port, database } = new Client(url);
  return connectionOf(user, password, host, port === 5432 ? '' : port, database);
});

const mysql2 = quiet((url) => {
  const pool = mysql.createPool(url);
  const { connectionConfig } = (
    pool as unknown as { config: { connectionConfig: Record<string, string | number> } }
  ).config;
  pool.end();
  const { user, password, host, port, database } = connectionConfig;
  return connectionOf(user, password, host, port === 3306 ? '' : port, database);
});

const mongodb = quiet((url) => {
  const { credentials, hosts, dbName } = new mongoose.mongo.MongoClient(url).options;
  const names = hosts.map(({ host }) => host).join();
  const ports = hosts.map(({ port }) => (port === 27_017 ? '' : port)).join('');
  return connectionOf(credentials?.username, credentials?.password, names, ports, dbName);
});

// The URL parser of createClient(), without a client.
const { parseURL } = createClient().constructor as unknown as {
  parseURL(url: string): {
    username?: string;
    password?: string;
    database?: number;
    socket: { host: string; port?: number };
  };
};
const redis = quiet((url) => {
  const { username, password, database: number, socket } = parseURL(url);
  return connectionOf(username, password, socket.host, socket.port, number);
});

const special = fc.constantFrom(...':/?#[]@!$&\'()*+,;= %^|{}\\"<>`~-_.ä漢😀\t');
const letter = fc.constantFrom(...'abcXYZ019');
const someText = fc
  .array(fc.oneof({ weight: 3, arbitrary: letter }, { weight: 2, arbitrary: special }), {
    minLength: 1,
    maxLength: 8,
  })
  .map((characters) => characters.join(''));

/** A part as a person writes it: each character literal or percent-encoded. */
const written = (part: fc.Arbitrary<string>) =>
  fc
    .tuple(
      part,
      fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
      fc.constantFrom('none', 'some', 'all'),
    )
    .map(([meant, chosen, which]) => {
      const isEncoded = (index: number) => which === 'all' || (which === 'some' && chosen[index]!);
      const encoded = (character: string) => Buffer.from(character).toString('hex').replaceAll(/../g, '%$&');
      const literal = [...meant].map((character, index) =>
        isEncoded(index) ? encoded(character) : character,
      );
      return { meant, literal: literal.join('') };
    })
    // Text that looks encoded but is meant literally is ambiguous.
    .filter(({ meant, literal }) => readable(literal) === meant);

function readable(literal: string): string | undefined {
  try {
    return decodeURIComponent(literal.replace(/%(?![0-9a-f]{2})/gi, '%25'));
  } catch {
    return undefined;
  }
}

const host = fc.constantFrom('db', 'db.example.org', 'h_1', '10.0.0.1', '[::1]', 'DB.Example', 'a,b');
const port = fc.constantFrom('', '', '1', '5433', '65535', '0', '65536', '99999', 'x');

const plain = (...texts: string[]) => fc.constantFrom(...texts.map((meant) => ({ meant, literal: meant })));
/** Half of them are letters, so that both outcomes are common. */
const part = fc.oneof(plain('app', 'orders', 's3cret'), written(someText));

// All parsers end the user at a colon, and the database at a question mark. No user begins with a slash.
const user = part.filter(({ literal }) => !/:|^\//.test(literal));

/** A URL, and the connection that its author means. */
const urlsOf = (scheme: string, databases = part.filter(({ literal }) => !/\?|\s$/.test(literal))) =>
  fc.tuple(user, part, host, port, databases).map(([account, password, name, number, base]) => ({
    url: `${scheme}://${account.literal}:${password.literal}@${name}${number && `:${number}`}/${base.literal}`,
    meant: connectionOf(account.meant, password.meant, name, number, base.meant),
  }));

describe('a URL is accepted if its driver reads it as intended, and rejected otherwise', () => {
  it.each([
    ['pg', readDatabase, pg, urlsOf('postgres')],
    ['mysql2', readDatabase, mysql2, urlsOf('mysql')],
    ['mongodb', readDatabase, mongodb, urlsOf('mongodb')],
    ['@redis/client', readCache, redis, urlsOf('redis', plain('0', '7', '15', 'x', '1a'))],
  ] as const)('%s', (_name, accept, driver, urls) => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(urls, ({ url, meant }) => {
        const isAccepted = accept(url) !== undefined;
        seen[isAccepted ? 'accepted' : 'refused']++;
        const made = driver(url);
        if (isAccepted) expect(made, url).toEqual(meant);
        else if (!isAmbiguous(url)) expect(made, url).not.toEqual(meant);
      }),
      { numRuns: runs(2_000), endOnFailure: true },
    );
    if (IS_LONG) expect(Math.min(...Object.values(seen)), inspect(seen)).toBeGreaterThan(200);
  });
});

describe('a CACHE_URL of several hosts leads to each of them as intended, or is rejected', () => {
  const address = fc.tuple(
    host.filter((name) => !name.includes(',')),
    port,
  );
  const addresses = fc.uniqueArray(address, { selector: String, minLength: 1, maxLength: 3 });
  const textOf = (hosts: readonly (readonly [string, string])[]) =>
    hosts.map(([name, number]) => `${name}${number && `:${number}`}`).join(',');
  const scheme = fc.constantFrom('redis', 'rediss', 'valkey', 'valkeys');
  const count = (urls: fc.Arbitrary<{ url: string; check: () => void; isSound: boolean }>) => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(urls, ({ url, check, isSound }) => {
        const isAccepted = readCache(url) !== undefined;
        seen[isAccepted ? 'accepted' : 'refused']++;
        if (isAccepted) check();
        else expect(isSound, url).toBe(false);
      }),
      { numRuns: runs(1_200), endOnFailure: true },
    );
    if (IS_LONG) expect(Math.min(...Object.values(seen)), inspect(seen)).toBeGreaterThan(60);
  };
  /** What no rule can object to. */
  const isPlain = (hosts: readonly (readonly [string, string])[], ...texts: readonly { literal: string }[]) =>
    hosts.every(([, number]) => ['', '1', '5433', '65535'].includes(number)) &&
    texts.every(
      ({ literal }) => /^(?:[\w.~-]|%[0-9a-f]{2})+$/.test(literal) && !/%(?:[01ef]|7f)/.test(literal),
    );

  it('nodes of a cluster', () => {
    const database = fc.constantFrom('', '/', '/0', '/00', '/7', '/x', '?x=1');
    count(
      fc.tuple(scheme, user, part, addresses, database).map(([beginning, account, password, hosts, base]) => {
        const url = `${beginning}://${account.literal}:${password.literal}@${textOf(hosts)}${base}`;
        const number = base.replaceAll(/^\/|^\/?0+$/g, '');
        const check = () =>
          expect(nodesOf(url).map(redis), url).toEqual(
            hosts.map(([name, tcp]) =>
              connectionOf(
                account.meant,
                password.meant,
                name,
                tcp,
                hosts.length > 1 ? '' : base.replace('/', '').replace(/^0+$/, '0'),
              ),
            ),
          );
        const isSound =
          isPlain(hosts, account, password) && /^\d*$/.test(number) && (hosts.length === 1 || number === '');
        return { url, check, isSound };
      }),
    );
  });

  it('Sentinels', () => {
    const database = fc.constantFrom('', '/', '/0', '/7', '/x', '/0/1');
    const parameters = fc.constantFrom(...(['', '?', 'unknown', 'account', 'account', 'twice'] as const));
    count(
      fc
        .tuple(scheme, user, part, addresses, part, database, part, part, parameters)
        .map(([beginning, account, password, hosts, master, base, sentinelUser, sentinelPassword, kind]) => {
          const own = `?sentinelUser=${sentinelUser.literal}&sentinelPassword=${sentinelPassword.literal}`;
          const query = {
            '': '',
            '?': '?',
            account: own,
            unknown: `${own}&x=1`,
            twice: `${own}&sentinelUser=x`,
          }[kind];
          const authority = `${account.literal}:${password.literal}@${textOf(hosts)}`;
          const url = `${beginning}+sentinel://${authority}/${master.literal}${base}${query}`;
          const [asked, askedPassword] =
            kind === 'account' ? [sentinelUser.meant, sentinelPassword.meant] : ['', ''];
          const check = () => {
            const { sentinels, master: name, urlAt } = sentinelNodesOf(url);
            // A slash at the end belongs to the path: no name of a master has one.
            expect(name, url).toBe(master.literal.endsWith('/') ? master.meant.slice(0, -1) : master.meant);
            expect(sentinels.map(redis), url).toEqual(
              hosts.map(([host_, tcp]) => connectionOf(asked, askedPassword, host_, tcp || 26_379, '')),
            );
            expect(sentinels[0]!.startsWith('rediss:'), url).toBe(
              beginning.endsWith('s') && beginning !== 'redis',
            );
            for (const at of ['10.0.0.1', '2001:db8::1', 'a.example']) {
              expect(redis(urlAt(at, '6380')), url).toEqual(
                connectionOf(account.meant, password.meant, at, 6380, base.replace('/', '')),
              );
            }
          };
          const texts = [
            account,
            password,
            master,
            ...(kind === 'account' ? [sentinelUser, sentinelPassword] : []),
          ];
          const isSound =
            isPlain(hosts, ...texts) &&
            !/^\.\.?$|\s/.test(master.meant) &&
            /^(?:|\/\d*)$/.test(base) &&
            ['', '?', 'account'].includes(kind);
          return { url, check, isSound };
        }),
    );
  });
});

/** URLs that are ambiguous even if the driver guesses right, and URLs that cannot connect. */
function isAmbiguous(url: string): boolean {
  const [, behind = ''] = /^\w+:\/\/[^/?#]*([^]*)$/.exec(url) ?? [];
  return /[@#]|%[a-f0-9]?$/i.test(behind) || /:0\/|,|\t|[\u{10000}-\u{10ffff}]/u.test(url);
}

describe('DATABASE_URL', () => {
  it.each([
    'postgres://u:p^s|{1}@h/db',
    'postgres://app@srv:p@ss@h/db',
    'postgres://u:p ss@h/db',
    'postgres://u:x[1]@h/db',
    'postgres://u:a\\b@h/db',
    'postgres://u:p\u00e4@h/db',
    'postgres://u:100%@h/db',
    'postgresql://u:p@/db?host=/cloudsql/a:b:c',
    'postgresql:///db?host=/cloudsql/a:b:c&user=app@project.iam',
    'postgres://%2Fvar%2Frun%2Fpostgresql/db',
    'postgresql+asyncpg://u:p@h/db',
    'socket:/var/run/postgresql?db=shop',
  ])('is accepted in any form that pg accepts: %s', (url) => {
    const config = ProductionConfig.load({ ...env, DATABASE_URL: `${url}\n` });
    expect(config.getDatabaseConfig().connectionString).toBe(url);
  });

  it.each([
    ['postgres://u:p@h1:5432,h2:5433/db?target_session_attrs=read-write'],
    ['postgres://h1,h2/db'],
    ['mongodb://h1:27017,h2:27017/db?replicaSet=r'],
    ['mongodb+srv://u:p%40@cluster.example/db'],
    ['mysql://u:p@h/db?socketPath=/run/mysql.sock'],
    ['mariadb://u:p@[::1]:3307/db'],
    ['sqlserver://h:1433;database=shop;user=sa;password={p;#@/=w};encrypt=true'],
    ['sqlserver://h\\SQLEXPRESS;integratedSecurity=true'],
    ['file:./dev.db'],
    ['sqlite::memory:'],
    ['libsql://shop.turso.io?authToken=x.y'],
    ['prisma+postgres://accelerate.example/?api_key=x'],
  ])('is accepted for other drivers, and rejected by getDatabaseConfig(), which is for pg: %s', (url) => {
    const config = ProductionConfig.load({ ...env, DATABASE_URL: url });
    expect(config.DATABASE_URL).toBe(url);
    const report = reportOf(() => config.getDatabaseConfig());
    expect(report).toMatch(/getDatabaseConfig\(\) is for pg|pg connects to one/);
    expect(report).not.toContain(url);
  });

  it.each([
    ['postgres://dig:12#34@host/db', 'cannot be used: the password contains a # that must be written %23'],
    ['postgres://d#g:1234@host/db', 'the user contains a # that must be written %23'],
    ['postgres://host/db#1', 'it contains a # that must be written %23'],
    ['postgres://dig:12/34@host/db', 'a / in the user or the password must be written %2F'],
    ['postgres://dig:12?34@host/db', 'a ? in the user or the password must be written %3F'],
    ['postgres://u:p@h:99999/db', 'the port must be a number from 1 to 65535'],
    ['postgres://u:p@h/db?port=0', 'the port must be a number from 1 to 65535'],
    ['postgres://u@:5432/db', 'the host is missing'],
    ['postgres://u:a b%2F@h/db', 'it contains a space that must be written %20'],
    ['postgres://u:1%z%2F@h/db', 'it contains a % that must be written %25'],
    ['postgres://u:p%E4@h/db', 'is not UTF-8'],
    ['postgres://u:p\tq@h/db', 'holds a tab'],
    ['postgres://h/a%40b', 'its database name contains a percent-encoded delimiter'],
    ['postgres://h/../b', 'its path contains . or ..'],
    ['postgres://h?dbname=x', 'the database is the path of the URL'],
    ['postgres://h/b?password=a+b', 'write %2B'],
    ['mongodb://u:p[1@h/db', 'the user or the password contains a [ that must be written %5B'],
    ['mongodb://h1,,h2/db', 'the host is missing'],
    ['mongodb+srv://h1,h2/db', 'must name one host'],
    ['mysql://u:100%@h/db', 'it contains a % that must be written %25'],
    ['mysql://h1,h2/db', 'it names several hosts'],
    ['sqlserver://h;database=x;password={a', 'must be in braces'],
    ['sqlserver://;database=x', 'the host is missing'],
    ['jdbc:postgresql://h/db', 'remove it'],
    ['mailto:x', 'must be a URL, such as postgres://user:password@host:5432/database'],
    ['foo:bar', 'must be a URL, such as'],
    ['localhost:5432/db', 'must be a URL, such as'],
    ['/var/run/postgresql db', 'must be a URL, such as'],
    ['postgres:db', 'must be a URL, such as'],
  ])('is rejected if a driver would misread it, and the report shows how to write it: %s', (url, text) => {
    const report = reportOf(() => ProductionConfig.load({ ...env, DATABASE_URL: url }));
    expect(report).toContain(text);
    expect(report).not.toContain(url);
  });

  it('has the same rule if a class requires it or declares a second database', () => {
    class TwoDatabases extends ProductionConfig {
      @Secret(databaseUrl())
      declare readonly DATABASE_URL: string;

      @Secret(databaseUrl())
      readonly REPORTS_URL!: string;
    }
    const report = reportOf(() => TwoDatabases.load({ ...env, REPORTS_URL: 'mysql://u:p#@h/db' }));
    expect(report).toMatch(/DATABASE_URL +is missing/);
    expect(report).toMatch(/REPORTS_URL +cannot be used: the password contains a #/);
  });
});

describe('CACHE_URL', () => {
  it.each([
    ['redis://:12#34@cache.internal', 'the password contains a # that must be written %23'],
    ['redis://u:12#34@cache.internal', 'the password contains a # that must be written %23'],
    ['redis://u:12?x@cache.internal', 'a ? in the user or the password must be written %3F'],
    ['redis://u:p\tq@cache.internal', 'holds a tab'],
    ['redis://%2Fvar%2Frun%2Fredis.sock', 'the host contains what no host name can contain'],
    ['redis://u:p@cache.internal/shop', 'its path must be the number of a database'],
    ['redis://h1,h2/3', 'a cluster has no database but 0: remove its path'],
    ['redis://h1,,h2', 'the host is missing'],
    ['redis://h1:6379,h2:x', 'the port must be a number from 1 to 65535'],
    ['redis://u:p@h1,u:p@h2', 'it takes one account, before the first host'],
    ['redis://h1?database=3', 'it takes no parameters'],
    ['redis+sentinel://h1,h2', 'its path must begin with the name of the master'],
    ['redis+sentinel://h1,h2//0', 'its path must begin with the name of the master'],
    ['redis+sentinel://h1/my master', 'its path must begin with the name of the master'],
    ['redis+sentinel://h1/mymaster/orders', 'its path may contain only the number of a database'],
    ['redis+sentinel://h1/mymaster/0/1', 'its path may contain only the number of a database'],
    ['redis+sentinel://h1/mymaster?user=x', 'it takes no parameters but sentinelUser and sentinelPassword'],
    ['redis+sentinel://h1/mymaster?sentinelPassword=a&b', 'an & in these must be written %26'],
    ['redis+sentinel://h1/mymaster?sentinelPassword=a+b', 'write %2B'],
    ['redis+sentinel://h1/mymaster?sentinelPassword=a&sentinelPassword=b', 'a parameter occurs twice'],
    ['rediss+sentinel://h1/mymaster?sentinelUser=a', 'it has no sentinelPassword, or an empty one'],
    ['redis+sentinel://h1/my%master', 'it contains a % that must be written %25'],
    ['memcached://u:p@h1,u:p@h2', 'it takes one account, before the first host'],
    ['memcached://h1, h2', 'the host contains what no host name can contain'],
    ['memcached://h1?x=1', 'it takes no path and no parameters'],
  ])('is rejected if its client would misread it, and the report shows how to write it: %s', (url, text) => {
    const report = reportOf(() => ProductionConfig.load({ ...env, CACHE_URL: url, CACHE_NAMESPACE: 'shop' }));
    expect(report).toContain(`cannot be used: `);
    expect(report).toContain(text);
    expect(report).not.toContain(url);
  });
});
