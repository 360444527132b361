import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type INestApplicationContext, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { NodePgDatabase } from 'drizzle-orm/node-postgres';
import { Kysely, sql } from 'kysely';
import { Pool } from 'pg';
import { DataSource } from 'typeorm';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { ProductionConfig, ProductionConfigModule } from 'nestjs-production-config';
import { AppConfig } from './fixtures/databases/src/app.config.js';
import { DatabaseModule } from './fixtures/databases/src/database.module.js';
import { DrizzleModule } from './fixtures/databases/src/drizzle.module.js';
import { KyselyModule } from './fixtures/databases/src/kysely.module.js';
import { TypeOrmDatabaseModule } from './fixtures/databases/src/typeorm.module.js';
import { Authority } from './support/certificate.js';
import { checkConnect, factsOf } from './support/checked-connections.js';
import { SECRET_KEY } from './support/keys.js';
import { startOwnPostgres } from './support/postgres.js';
import { markdownPages } from './support/markdown.js';
import { describeWithServer } from './support/real-server.js';
import { ROOT, run } from './support/run.js';

type Env = Readonly<Record<string, string>>;

const RECIPES = join(ROOT, 'test/fixtures/databases/src');

/** Whether the connection of a query is encrypted, as the server says. */
const IS_ENCRYPTED = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
interface Answer {
  readonly ssl: boolean;
}

/** The modules of docs/databases.md, and a query by each. */
const MODULES: Readonly<Record<string, readonly [Type, (app: INestApplicationContext) => Promise<unknown>]>> =
  {
    pg: [DatabaseModule, async (app) => (await app.get(Pool).query(IS_ENCRYPTED)).rows],
    TypeORM: [TypeOrmDatabaseModule, (app) => app.get(DataSource).query(IS_ENCRYPTED)],
    Drizzle: [DrizzleModule, async (app) => (await app.get(NodePgDatabase).execute(IS_ENCRYPTED)).rows],
    Kysely: [KyselyModule, async (app) => (await sql.raw(IS_ENCRYPTED).execute(app.get(Kysely))).rows],
  };

describe('docs/databases.md', () => {
  const { blocks } = markdownPages().find(({ path }) => path === 'docs/databases.md')!;

  it.each(readdirSync(RECIPES))('prints %s as the tests run it', (file) => {
    const source = readFileSync(join(RECIPES, file), 'utf8');
    expect(blocks.map(({ code }) => code)).toContain(`// src/${file}\n${source}`);
  });
});

/** A PostgreSQL whose certificate is for 127.0.0.1, by a private CA. */
async function startPrivatePostgres() {
  const folder = mkdtempSync(join(tmpdir(), 'database-tls-'));
  const [authority, other] = ['own', 'other'].map((name) => Authority.make(mkdtempSync(join(folder, name))));
  if (authority === undefined || other === undefined) return undefined;
  const { certificate, key } = authority.issue('server');
  const files = { 'server.crt': certificate, 'server.key': key };
  const server = await startOwnPostgres(files, { ssl: 'on' });
  const caFile = join(folder, 'ca.pem');
  writeFileSync(caFile, authority.ca);
  return (
    server && {
      url: server.url,
      ca: authority.ca,
      caFile,
      otherCa: other.ca,
      stop: () => server.stop().then(() => rmSync(folder, { recursive: true })),
    }
  );
}

describeWithServer('DATABASE_TLS, to a PostgreSQL with a private CA,', startPrivatePostgres, (server) => {
  const partsOf = ({ hostname, port, username, password, pathname }: URL): Env => ({
    DATABASE_HOST: hostname,
    DATABASE_PORT: port,
    DATABASE_NAME: pathname.slice(1),
    DATABASE_USER: username,
    DATABASE_PASSWORD: password,
  });
  const ADDRESSES: Readonly<Record<string, (url: URL) => Env>> = {
    DATABASE_HOST: partsOf,
    DATABASE_URL: ({ href }) => ({ DATABASE_URL: href }),
  };
  const addressBy = (name: string, host?: string) => {
    const url = new URL(server().url);
    return ADDRESSES[name]!(Object.assign(url, host === undefined ? {} : { hostname: host }));
  };

  async function isEncrypted(env: Env): Promise<boolean> {
    const pool = new Pool(ProductionConfig.load({ SECRET_KEY, ...env }).getDatabaseConfig());
    try {
      const { rows } = await pool.query<Answer>(IS_ENCRYPTED);
      return rows[0]!.ssl;
    } finally {
      await pool.end();
    }
  }

  const CAS: Readonly<Record<string, () => Env>> = {
    'DATABASE_CA as text': () => ({ DATABASE_CA: server().ca }),
    'DATABASE_CA with \\n for a line break': () => ({ DATABASE_CA: server().ca.replaceAll('\n', '\\n') }),
    DATABASE_CA_FILE: () => ({ DATABASE_CA_FILE: server().caFile }),
  };
  const cases = Object.keys(ADDRESSES).flatMap((by) => Object.keys(CAS).map((ca) => [by, ca] as const));

  it.each(cases)('verifies the server that %s names, by %s', async (by, ca) => {
    const env = { ...addressBy(by), ...CAS[ca]!(), DATABASE_TLS: 'verify' };
    expect(await isEncrypted(env)).toBe(true);
    const report = await checkConnect(env);
    expect(report).toMatchObject({ ok: true, problems: [] });
    expect(factsOf(report, by)['tls']).toContain('certificate verified, of server');
    expect(report.output).not.toContain(new URL(server().url).password);
  });

  const strangers = Object.keys(ADDRESSES).flatMap((by) => [
    [by, 'another CA', () => ({ DATABASE_CA: server().otherCa })] as const,
    [by, 'no CA', () => ({})] as const,
  ]);

  it.each(strangers)(
    'refuses the server that %s names, with %s, and says how to trust it',
    async (by, _what, ca) => {
      const env = { ...addressBy(by), ...ca(), DATABASE_TLS: 'verify' };
      await expect(isEncrypted(env)).rejects.toMatchObject({
        code: expect.stringMatching(/^(?:UNABLE_TO_|SELF_SIGNED)/),
      });
      const report = await checkConnect(env);
      expect(report).toMatchObject({
        ok: false,
        problems: [
          {
            name: by,
            message: expect.stringMatching(/unknown CA/),
            fix: expect.stringContaining('DATABASE_CA'),
          },
        ],
      });
      expect(report.output).not.toContain(new URL(server().url).password);
    },
  );

  it.each(Object.keys(ADDRESSES))('refuses a certificate for another name than that in %s', async (by) => {
    const env = { ...addressBy(by, 'localhost'), DATABASE_CA: server().ca, DATABASE_TLS: 'verify' };
    await expect(isEncrypted(env)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    const { problems } = await checkConnect(env);
    expect(problems).toMatchObject([{ name: by, message: expect.stringContaining('is for another name') }]);
  });

  it.each(Object.keys(ADDRESSES))('encrypts without verification by require, with %s', async (by) => {
    const env = { ...addressBy(by), DATABASE_TLS: 'require' };
    expect(await isEncrypted(env)).toBe(true);
    const report = await checkConnect(env);
    expect(report.ok).toBe(true);
    expect(factsOf(report, by)['tls']).toContain('certificate not verified');
  });

  it.each(Object.keys(ADDRESSES))(
    'connects unencrypted by off with %s, whatever PGSSLMODE says',
    async (by) => {
      vi.stubEnv('PGSSLMODE', 'require');
      try {
        expect(await isEncrypted({ ...addressBy(by), DATABASE_TLS: 'off' })).toBe(false);
      } finally {
        vi.unstubAllEnvs();
      }
      const report = await checkConnect({ ...addressBy(by), DATABASE_TLS: 'off', PGSSLMODE: 'require' });
      expect(factsOf(report, by)['tls']).toBe('off');
    },
  );

  const recipes = Object.keys(ADDRESSES).flatMap((by) =>
    Object.keys(MODULES).map((name) => [name, by] as const),
  );

  it.each(recipes)('reaches %s as the page configures it, with %s', async (name, by) => {
    const [module, query] = MODULES[name]!;
    const env = { SECRET_KEY, ...addressBy(by), DATABASE_TLS: 'verify', DATABASE_CA: server().ca };
    @Module({ imports: [ProductionConfigModule.forRoot({ config: AppConfig, env }), module] })
    class Root {}
    const app = await NestFactory.createApplicationContext(Root, { logger: ['error'], abortOnError: false });
    try {
      expect(await query(app)).toEqual([{ ssl: true }]);
    } finally {
      await app.close();
    }
  });

  it.each(Object.keys(ADDRESSES))("reaches TypeORM's data source without SECRET_KEY, with %s", async (by) => {
    const env = { ...addressBy(by), DATABASE_TLS: 'verify', DATABASE_CA_FILE: server().caFile };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    vi.resetModules();
    const { default: source } = await import('./fixtures/databases/src/data-source.js');
    vi.unstubAllEnvs();
    await source.initialize();
    try {
      expect(await source.query(IS_ENCRYPTED)).toEqual([{ ssl: true }]);
    } finally {
      await source.destroy();
    }
  });

  it.each(Object.keys(ADDRESSES))(
    'reaches the migrations of Drizzle without SECRET_KEY, with %s',
    async (by) => {
      const cwd = mkdtempSync(join(tmpdir(), 'drizzle-'));
      onTestFinished(() => rmSync(cwd, { recursive: true }));
      mkdirSync(join(cwd, 'drizzle/meta'), { recursive: true });
      const journal = { version: '7', dialect: 'postgresql', entries: [] };
      writeFileSync(join(cwd, 'drizzle/meta/_journal.json'), JSON.stringify(journal));
      const env = { ...addressBy(by), DATABASE_TLS: 'verify', DATABASE_CA_FILE: server().caFile };
      const migrate = (added: Env) =>
        run('.build/test/fixtures/databases/src/migrate.js', { env: { ...env, ...added }, cwd });
      expect(await migrate({})).toMatchObject({ code: 0 });
      expect(await migrate({ DATABASE_CA_FILE: '' })).toMatchObject({ code: 1 });
    },
  );
});
