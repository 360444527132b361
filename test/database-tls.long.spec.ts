import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Pool } from 'pg';
import { expect, it, vi } from 'vitest';
import { ProductionConfig } from 'nestjs-production-config';
import { Authority } from './support/certificate.js';
import { checkConnect, factsOf } from './support/checked-connections.js';
import { SECRET_KEY } from './support/keys.js';
import { startOwnPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';

type Env = Readonly<Record<string, string>>;

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

  /** Whether a connection is encrypted, as the server says. */
  async function isEncrypted(env: Env): Promise<boolean> {
    const pool = new Pool(ProductionConfig.load({ SECRET_KEY, ...env }).getDatabaseConfig());
    try {
      const sql = 'SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      const { rows } = await pool.query<{ ssl: boolean }>(sql);
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
});
