import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { Client } from 'pg';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { canaryOf } from './support/canary.js';
import type { Outputs } from './support/canary.outputs.js';
import { expectNoCanary } from './support/canary.sites.js';
import { expireCertificate, makeCertificate } from './support/certificate.js';
import { checkConnect, connectText, factsOf } from './support/checked-connections.js';
import { startOwnMemcached, startOwnRedis, startSaslMemcached } from './support/cache-servers.js';
import { SECRET_KEY } from './support/keys.js';
import { freePort, OwnServer } from './support/own-server.js';
import { startOwnPostgres } from './support/postgres.js';
import { describeWithServer } from './support/real-server.js';
import { startProxy } from './support/server-proxy.js';
import { startCluster, startReplica, startSentinel, tell } from './support/redis-kinds.js';
import { ROOT, run } from './support/run.js';

const folder = mkdtempSync(join(tmpdir(), 'check-connect-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A password that is also in the name of a certificate. */
const NAMED = 'CertificateCanary0123456789';

/** A server that accepts connections and never answers. */
async function blackHole(): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers everything with an error of HTTP. */
async function httpServer(): Promise<string> {
  const server = createHttpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('check --connect reports what it cannot reach', () => {
  it('a port at which nothing listens, for database and cache, and is not ok', async () => {
    const report = await checkConnect({
      DATABASE_URL: `postgres://app:pass-canary@127.0.0.1:${await freePort()}/app`,
      CACHE_URL: `redis://:cache-canary@127.0.0.1:${await freePort()}`,
    });
    const message = 'leads to a port at which nothing listens (ECONNREFUSED)';
    expect(report).toMatchObject({
      ok: false,
      connections: [
        { name: 'DATABASE_URL', state: 'failed' },
        { name: 'CACHE_URL', state: 'failed' },
      ],
      problems: [
        { name: 'DATABASE_URL', code: 'unreachable', message },
        { name: 'CACHE_URL', code: 'unreachable', message },
      ],
    });
    expect(report.output).not.toContain('canary');
  });

  it('without any part of a URL, in text and in JSON', async () => {
    const canaries = [1, 2, 3, 4, 5].map((number) => canaryOf(11, number));
    const [user, password, database, cacheUser, cachePassword] = canaries;
    const http = await httpServer();
    const servers = [
      ['redis', `127.0.0.1:${await freePort()}`],
      ['rediss', http],
      ['redis', 'host.invalid'],
      ['memcached', http],
      ['redis', await blackHole()],
    ] as const;
    const outputs: Outputs = new Map();
    for (const [index, [scheme, host]] of servers.entries()) {
      const env = {
        DATABASE_URL: `postgres://${user}:${password}@${host}/${database}`,
        CACHE_URL: `${scheme}://${cacheUser}:${cachePassword}@${host}`,
      };
      // One form is enough for those that take seconds.
      if (index < 3) outputs.set(`${scheme} ${host}, JSON`, (await checkConnect(env)).output);
      outputs.set(`${scheme} ${host}`, await connectText(env));
    }
    expect([...outputs.values()].join('\n').match(/\bfailed\b/g)).toHaveLength(2 * outputs.size);
    expectNoCanary(outputs, canaries);
  });

  it('a server of another kind', async () => {
    const host = await httpServer();
    const { problems } = await checkConnect({
      DATABASE_URL: `postgres://app:x8Kq2@${host}/app`,
      CACHE_URL: `redis://${host}`,
    });
    expect(problems).toMatchObject([{ code: 'unreachable' }, { code: 'unreachable' }]);
  });

  it('a host that does not resolve', async () => {
    const { problems } = await checkConnect({
      DATABASE_URL: 'postgres://app:x8Kq2@db.invalid/app?sslmode=verify-full',
      CACHE_URL: 'memcached://cache.invalid',
    });
    const message = expect.stringMatching(/^names a host .*\((?:ENOTFOUND|EAI_AGAIN)\)$/);
    expect(problems).toMatchObject([{ message }, { message }]);
  });

  it.each(['redis', 'memcached'])(
    'servers that never answer, PostgreSQL and %s at the same time, within 5 s',
    async (scheme) => {
      const begun = performance.now();
      const { problems } = await checkConnect({
        DATABASE_URL: `postgres://app:x8Kq2@${await blackHole()}/app`,
        CACHE_URL: `${scheme}://${await blackHole()}`,
      });
      expect(performance.now() - begun).toBeLessThan(9000);
      expect(problems).toMatchObject([
        {
          name: 'DATABASE_URL',
          message: 'leads to a server that accepts the connection but does not answer within 5 s',
        },
        { name: 'CACHE_URL', message: expect.stringContaining('does not answer within 5 s') },
      ]);
    },
  );

  it('a database that it does not know, by name and as a warning', async () => {
    const env = { DATABASE_URL: 'mysql://app:x8Kq2@127.0.0.1/app' };
    expect(await checkConnect(env)).toMatchObject({
      ok: true,
      connections: [{ name: 'DATABASE_URL', state: 'not checked', server: 'MySQL' }],
      warnings: [{ id: 'unchecked-connection', name: 'DATABASE_URL' }],
    });
    expect(await checkConnect(env, 'strict')).toMatchObject({ ok: false });
  });

  it('nothing, if no connection is configured or the configuration is invalid', async () => {
    expect(await checkConnect({})).toMatchObject({ ok: true, connections: [] });
    const { connections, ok } = await checkConnect({ PORT: 'x', CACHE_URL: 'redis://127.0.0.1:1' });
    expect({ connections, ok }).toEqual({ connections: undefined, ok: false });
  });
});

/** A PostgreSQL with TLS, and files of certificates: one for 60 days, one for 2, one expired, one with an odd name. */
async function startTlsPostgres() {
  const file = (name: string) => join(folder, name);
  if (!makeCertificate(file('long.key'), file('long.pem'), { days: 60 })) return undefined;
  makeCertificate(file('soon.key'), file('soon.pem'));
  makeCertificate(file('odd.key'), file('odd.pem'), { days: 60, name: `odd\u001b[31m\u009b${NAMED}` });
  expireCertificate(file('long.key'), file('long.pem'), file('expired.pem'));
  const names = ['long.key', 'long.pem', 'soon.key', 'soon.pem', 'odd.key', 'odd.pem', 'expired.pem'];
  const files = Object.fromEntries(names.map((name) => [name, readFileSync(file(name), 'utf8')]));
  // Not on the command line, which ALTER SYSTEM could not override.
  files['postgresql.auto.conf'] = "ssl = on\nssl_cert_file = 'long.pem'\nssl_key_file = 'long.key'\n";
  return startOwnPostgres(files, { max_connections: '30' });
}

describeWithServer('check --connect with PostgreSQL', startTlsPostgres, (server) => {
  async function sql(...statements: string[]): Promise<void> {
    const client = new Client(server().url);
    await client.connect();
    for (const statement of statements) await client.query(statement);
    await client.end();
  }
  const urlWith = (change: (url: URL) => void) => {
    const url = new URL(server().url);
    change(url);
    return url.href;
  };
  const trusting = (certificate: string) =>
    urlWith(({ searchParams }) => {
      searchParams.set('sslmode', 'verify-full');
      searchParams.set('sslrootcert', join(folder, certificate));
    });

  it('reports version, role and the connections, and shows no secret', async () => {
    const report = await checkConnect({ DATABASE_URL: server().url, REPLICAS: '2' });
    expect(report).toMatchObject({
      ok: true,
      connections: [
        {
          name: 'DATABASE_URL',
          state: 'connected',
          server: expect.stringMatching(/^PostgreSQL \d+\.\d+$/),
          facts: {
            reachable: expect.stringMatching(/^in \d+ ms$/),
            credentials: 'accepted',
            tls: 'off',
            role: 'primary',
            transactions: 'read and write',
            connections: '10 x 2 replicas = 20 of 30 (max_connections 30)',
          },
        },
      ],
      problems: [],
    });
    expect(report.output).not.toContain(new URL(server().url).password);
  });

  it('does the sum for what the server grants', async () => {
    const report = await checkConnect({ DATABASE_URL: server().url, REPLICAS: '4' });
    const message =
      '10 x 4 replicas = 40, more than the 30 that the database grants: at most 7, or put a pooler in front';
    expect(report).toMatchObject({
      ok: false,
      problems: [{ name: 'DATABASE_POOL_MAX', code: 'unfit', message }],
    });
  });

  it('warns of a budget that the server does not grant, and is not misled by it', async () => {
    const budget = { DATABASE_URL: server().url, DATABASE_MAX_CONNECTIONS: '100' };
    const message = 'is 100, more than the 30 that the server grants (max_connections 30)';
    expect(await checkConnect({ ...budget, REPLICAS: '2' })).toMatchObject({
      ok: true,
      warnings: [{ id: 'connection-budget', name: 'DATABASE_MAX_CONNECTIONS', message }],
    });
    expect(await checkConnect({ ...budget, REPLICAS: '4' })).toMatchObject({
      ok: false,
      problems: [{ name: 'DATABASE_POOL_MAX' }],
    });
  });

  it('lets a pooler grant more than the server', async () => {
    const { port } = new URL(await proxyTo(server().url));
    const url = urlWith((parts) => (parts.port = port));
    const report = await checkConnect({ DATABASE_URL: url, DATABASE_MAX_CONNECTIONS: '100', REPLICAS: '4' });
    expect(report).toMatchObject({ ok: true, warnings: [{ id: 'connection-budget' }] });
  });

  it('counts the limit of the role and of the database', async () => {
    await sql(
      "CREATE ROLE few LOGIN PASSWORD 'few-canary' CONNECTION LIMIT 4",
      "CREATE ROLE free LOGIN PASSWORD 'free-canary'",
      'CREATE DATABASE small CONNECTION LIMIT 6',
    );
    const url = (role: string, database: string) =>
      urlWith((parts) => {
        Object.assign(parts, { username: role, password: `${role}-canary`, pathname: `/${database}` });
      });
    const few = await checkConnect({ DATABASE_URL: url('few', 'small') });
    expect(factsOf(few, 'DATABASE_URL')['connections']).toContain('of 4 (the limit of the role)');
    expect(few).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringContaining('than the 4 that the database grants: at most 4') }],
    });
    const free = await checkConnect({ DATABASE_URL: url('free', 'small'), DATABASE_POOL_MAX: '6' });
    expect(factsOf(free, 'DATABASE_URL')['connections']).toContain('= 6 of 6 (the limit of the database)');
    expect(free.ok).toBe(true);
    const unlimited = urlWith((parts) => Object.assign(parts, { username: 'free', password: 'free-canary' }));
    const reserved = await checkConnect({ DATABASE_URL: unlimited });
    expect(factsOf(reserved, 'DATABASE_URL')['connections']).toContain(
      'of 27 (max_connections 30 minus 3 reserved)',
    );
    expect(few.output + free.output).not.toContain('canary');
  });

  it.each([
    ['a wrong password', (url: URL) => (url.password = 'wrong-canary'), /user or the password is wrong/],
    ['an unknown user', (url: URL) => (url.username = 'nobody-canary'), /user or the password is wrong/],
    ['no password', (url: URL) => (url.password = ''), /has no password, but the server requires one/],
    ['a missing database', (url: URL) => (url.pathname = '/absent-canary'), /database that does not exist/],
  ])('tells %s by name, and quotes nothing', async (_what, change, message) => {
    const report = await checkConnect({ DATABASE_URL: urlWith(change) });
    expect(report).toMatchObject({
      ok: false,
      connections: [{ state: 'failed', facts: { reachable: expect.any(String) } }],
      problems: [{ name: 'DATABASE_URL', code: 'refused', message: expect.stringMatching(message) }],
    });
    expect(report.output).not.toContain('canary');
  });

  it('tells a server whose connections are all in use', async () => {
    await sql("CREATE ROLE one LOGIN PASSWORD 'one' CONNECTION LIMIT 1");
    const url = urlWith((parts) => Object.assign(parts, { username: 'one', password: 'one' }));
    const holder = new Client(url);
    await holder.connect();
    onTestFinished(() => holder.end());
    const { problems } = await checkConnect({ DATABASE_URL: url });
    expect(problems).toMatchObject([{ message: expect.stringContaining('are in use') }]);
  });

  it('warns of a database whose transactions are read-only', async () => {
    await sql("CREATE ROLE reader LOGIN PASSWORD 'reader'");
    await sql('ALTER ROLE reader SET default_transaction_read_only = on');
    const url = urlWith((parts) => Object.assign(parts, { username: 'reader', password: 'reader' }));
    const report = await checkConnect({ DATABASE_URL: url });
    expect(factsOf(report, 'DATABASE_URL')['transactions']).toBe('read-only');
    expect(report).toMatchObject({ ok: true, warnings: [{ id: 'read-only-database' }] });
  });

  it('warns of a standby', async () => {
    const standby = await startOwnPostgres({ 'standby.signal': '' }, {});
    onTestFinished(() => standby!.stop());
    const report = await checkConnect({ DATABASE_URL: standby!.url });
    expect(factsOf(report, 'DATABASE_URL')).toMatchObject({ role: 'standby', transactions: 'read-only' });
    expect(report).toMatchObject({ ok: true, warnings: [{ id: 'read-only-database' }] });
  });

  it('reports protocol, name and expiry of a certificate that it verified', async () => {
    const report = await checkConnect({ DATABASE_URL: trusting('long.pem') });
    expect(factsOf(report, 'DATABASE_URL')['tls']).toMatch(
      /^TLSv1\.3, certificate verified, of localhost, until \d{4}-\d\d-\d\d$/,
    );
    expect(report).toMatchObject({ ok: true, warnings: [] });
  });

  it('refuses a certificate of an unknown CA, as the service would', async () => {
    const url = urlWith(({ searchParams }) => searchParams.set('sslmode', 'verify-full'));
    const report = await checkConnect({ DATABASE_URL: url });
    expect(report).toMatchObject({
      ok: false,
      problems: [
        { message: 'leads to a server with a self-signed certificate (DEPTH_ZERO_SELF_SIGNED_CERT)' },
      ],
    });
  });

  describe('with another certificate', () => {
    const present = async (certificate: string, key: string) => {
      const settings = Object.entries({ ssl_cert_file: certificate, ssl_key_file: key });
      await sql(...settings.map(([name, value]) => `ALTER SYSTEM SET ${name} = '${value}'`));
      await sql('SELECT pg_reload_conf()');
      await expect
        .poll(async () => {
          const { problems } = await checkConnect({ DATABASE_URL: trusting(certificate) });
          return problems.some(({ message }) => message.includes('self-signed'));
        })
        .toBe(false);
    };

    it('warns of one that expires soon', async () => {
      await present('soon.pem', 'soon.key');
      const { warnings, ok } = await checkConnect({ DATABASE_URL: trusting('soon.pem') });
      expect(ok).toBe(true);
      expect(warnings).toMatchObject([
        {
          id: 'certificate-expiry',
          name: 'DATABASE_URL',
          message: expect.stringMatching(/certificate expires on \d{4}-\d\d-\d\d, in 1 day$/),
        },
      ]);
    });

    it('reports one that has expired', async () => {
      await present('expired.pem', 'long.key');
      const { problems, ok } = await checkConnect({ DATABASE_URL: trusting('expired.pem') });
      expect(ok).toBe(false);
      expect(problems).toMatchObject([
        { message: 'leads to a server whose certificate has expired (CERT_HAS_EXPIRED)' },
      ]);
    });

    it('shows its name without control characters, and without the password', async () => {
      await present('odd.pem', 'odd.key');
      await sql(`CREATE ROLE named LOGIN PASSWORD '${NAMED}'`);
      const url = new URL(trusting('odd.pem'));
      const report = await checkConnect({
        DATABASE_URL: Object.assign(url, { username: 'named', password: NAMED }).href,
      });
      const { tls } = factsOf(report, 'DATABASE_URL');
      expect(tls).toMatch(/of odd\\u\{1b\}\[31m.?\\u\{9b\}\[redacted\], until/);
      expect(report.output).not.toContain(NAMED);
    });
  });

  it('tells a server that does not offer TLS', async () => {
    const plain = await startOwnPostgres({}, {});
    onTestFinished(() => plain!.stop());
    const { problems } = await checkConnect({ DATABASE_URL: `${plain!.url}?sslmode=verify-full` });
    expect(problems).toMatchObject([
      { code: 'refused', message: 'demands TLS, which the server does not offer' },
    ]);
  });
});

describeWithServer('check --connect with Redis', startOwnRedis, (server) => {
  const urlOf = (account: string) => server().url.replace('//', `//${account}@`);

  it('reports version, mode, role, tracking, memory and clock', async () => {
    const report = await checkConnect({ CACHE_URL: server().url });
    expect(report).toMatchObject({
      ok: true,
      connections: [
        {
          name: 'CACHE_URL',
          state: 'connected',
          server: expect.stringMatching(/^(?:Redis|Valkey) \d+\.\d+\.\d+$/),
          facts: {
            credentials: 'none',
            tls: 'off',
            mode: 'standalone',
            role: 'primary',
            tracking: 'on',
            memory: 'maxmemory unlimited, noeviction',
            clock: 'agrees with this one',
          },
        },
      ],
    });
  });

  it('warns of a server without a limit, or with one at which it refuses every change', async () => {
    const ids = async () => {
      const { warnings } = await checkConnect({ CACHE_URL: server().url });
      return warnings.map(({ id, message }) => `${id}: ${message}`);
    };
    expect(await ids()).toEqual([expect.stringMatching(/^cache-memory: .*without maxmemory/)]);
    tell(server(), 'CONFIG', 'SET', 'maxmemory', '64mb');
    expect(await ids()).toEqual([expect.stringMatching(/^cache-memory: .*with noeviction/)]);
    tell(server(), 'CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
    expect(await ids()).toEqual([]);
  });

  it('accepts an account with the documented rights, and says what it may not see', async () => {
    const rights = '~checked:* +@read +@write +@connection +eval +scan +time +client|tracking';
    tell(server(), 'ACL', 'SETUSER', 'orders', 'on', '>orders-canary', ...rights.split(' '));
    const report = await checkConnect({ CACHE_URL: urlOf('orders:orders-canary') });
    expect(report.ok).toBe(true);
    expect(factsOf(report, 'CACHE_URL')).toMatchObject({
      mode: 'standalone',
      role: 'primary',
      tracking: 'on',
      memory: 'not permitted (INFO)',
      clock: expect.not.stringContaining('not permitted'),
    });
    expect(report.output).not.toContain('canary');
  });

  it('warns of an account that gets no invalidations', async () => {
    tell(server(), 'ACL', 'SETUSER', 'silent', 'on', '>silent', '~*', '+@all', '-client|tracking');
    const report = await checkConnect({ CACHE_URL: urlOf('silent:silent') });
    expect(factsOf(report, 'CACHE_URL')['tracking']).toBe('off');
    expect(report).toMatchObject({ ok: true, warnings: [{ id: 'cache-tracking' }] });
  });

  it.each([
    ['a wrong password', 'orders:wrong-canary', 'is refused: the user or the password is wrong'],
    ['an account without rights', 'idle:idle-canary', expect.stringMatching(/lacks rights on the keys/)],
  ])('tells %s by name, and quotes nothing', async (_what, account, message) => {
    tell(server(), 'ACL', 'SETUSER', 'idle', 'on', '>idle-canary', '~other:*', '+@connection');
    const report = await checkConnect({ CACHE_URL: urlOf(account) });
    expect(report).toMatchObject({
      ok: false,
      connections: [{ state: 'failed', facts: { reachable: expect.any(String) } }],
      problems: [{ name: 'CACHE_URL', code: 'refused', message }],
    });
    expect(report.output).not.toContain('canary');
  });

  it('tells a server that demands a password, and a database that is not there', async () => {
    const closed = await startOwnRedis('--requirepass', 'demanded-canary');
    onTestFinished(() => closed!.stop());
    const without = await checkConnect({ CACHE_URL: closed!.url });
    expect(without.problems).toMatchObject([{ message: 'has no password, but the server requires one' }]);
    const beyond = `${closed!.url.replace('//', '//:demanded-canary@')}/99`;
    const { problems, output } = await checkConnect({ CACHE_URL: beyond });
    expect(problems).toMatchObject([{ message: 'names a database that the server does not have' }]);
    expect(output).not.toContain('canary');
  });

  it('tells a server that does not speak TLS', async () => {
    const { problems } = await checkConnect({ CACHE_URL: server().url.replace('redis:', 'rediss:') });
    expect(problems).toMatchObject([
      { code: 'unreachable', message: 'leads to a host that does not answer, or does not start TLS' },
    ]);
  });

  it('shows no word of a server that it does not expect', async () => {
    const password = 'ReturnedCanary0123456789';
    tell(server(), 'ACL', 'SETUSER', 'echo', 'on', `>${password}`, '~*', '+@all');
    const url = await redisThatSays(server().url, `\u001b[31m${password}`);
    const report = await checkConnect({ CACHE_URL: url.replace('//', `//echo:${password}@`) });
    expect(factsOf(report, 'CACHE_URL')['mode']).toBe('not known');
    expect(report.output).not.toContain(password);
  });

  it.each([
    ['a replica', startReplica, 'role', 'replica', /read-only/],
    ['a Sentinel', startSentinel, 'mode', 'sentinel', /Sentinel/],
  ] as const)('reports %s as a problem', async (_what, start, label, kind, message) => {
    const other = await start();
    onTestFinished(() => other!.stop());
    const report = await checkConnect({ CACHE_URL: other!.url });
    expect(factsOf(report, 'CACHE_URL')[label]).toBe(kind);
    expect(report).toMatchObject({
      ok: false,
      problems: [{ name: 'CACHE_URL', code: 'unfit', message: expect.stringMatching(message) }],
    });
  });
});

describeWithServer(
  'a cluster that CACHE_URL names',
  () => startCluster(3),
  (cluster) => {
    it('is checked at one node, with the masters that it knows', async () => {
      const report = await checkConnect({ CACHE_URL: cluster().url });
      expect(report.ok).toBe(true);
      expect(factsOf(report, 'CACHE_URL')).toMatchObject({
        mode: 'cluster',
        masters: '3, with 16384 of 16384 slots',
        tracking: 'on',
      });
    });

    it('is a problem if the account may not ask for its masters', async () => {
      const rights = '~checked:* +@read +@write +@connection +eval +scan +time +client|tracking';
      tell(cluster().all[0]!, 'ACL', 'SETUSER', 'orders', 'on', '>password', ...rights.split(' '));
      const url = cluster().url.replace('//', '//orders:password@');
      const { problems } = await checkConnect({ CACHE_URL: url });
      expect(problems).toMatchObject([{ name: 'CACHE_URL', code: 'refused' }]);
    });
  },
);

/** A Redis whose reply to INFO says another mode. */
function redisThatSays(url: string, mode: string): Promise<string> {
  const changed = (text: string) =>
    text.replace(/redis_mode:[^]*?(?=tcp_port:)/, (part) => {
      const beginning = `redis_mode:${mode}\r\nfiller:`;
      return `${beginning}${'x'.repeat(part.length - beginning.length - 2)}\r\n`;
    });
  return proxyTo(url, changed);
}

/** The URL of a proxy that may change what the server says. */
async function proxyTo(url: string, change = (text: string) => text): Promise<string> {
  const proxy = await startProxy(url, (client, upstream) => {
    client.pipe(upstream);
    upstream.on('data', (bytes) => client.write(change(bytes.toString('latin1')), 'latin1'));
    upstream.on('close', () => client.destroy());
  });
  onTestFinished(() => proxy.stop());
  return proxy.url;
}

/** Runs the command as a process. It must end by itself. */
function command(env: Readonly<Record<string, string>>, ...args: string[]) {
  const all = { NODE_ENV: 'production', SECRET_KEY, CACHE_NAMESPACE: 'checked', ...env };
  return run('dist/cli/main.js', { args: ['check', '--connect', ...args], env: all, cwd: folder });
}

/** A Redis that only speaks TLS, with a certificate that is valid for two days. */
async function startTlsRedis() {
  const [key, certificate] = [join(folder, 'redis.key'), join(folder, 'redis.pem')];
  if (!makeCertificate(key, certificate)) return undefined;
  const files = ['--tls-cert-file', certificate, '--tls-key-file', key, '--tls-ca-cert-file', certificate];
  return OwnServer.start('redis-server', 'rediss', (port) =>
    ['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no', '--bind', '127.0.0.1']
      .concat(files)
      .concat('--save', '', '--requirepass', 'tls-canary'),
  );
}

describeWithServer('production-config check --connect', startTlsRedis, (server) => {
  const account = () => server().url.replace('//', '//:tls-canary@');

  it('prints what it found, with the certificate of a Redis, and exits with 0, or 1 if it is strict', async () => {
    const env = { CACHE_URL: account(), NODE_EXTRA_CA_CERTS: join(folder, 'redis.pem') };
    const [{ code, stdout, stderr }, strict] = await Promise.all([command(env), command(env, '--strict')]);
    expect([code, strict.code, stderr]).toEqual([0, 1, '']);
    expect(stdout).toMatch(/^Connections\n {2}CACHE_URL {5}connected {2}(?:Redis|Valkey) \d/m);
    expect(stdout).toMatch(/^ {16}tls +TLSv1\.\d, certificate verified, of localhost, until \d{4}-/m);
    expect(stdout).toMatch(/^ {2}certificate-expiry +CACHE_URL leads to .* expires on \S+, in 1 day$/m);
    expect(stdout).not.toContain('canary');
  });

  it('exits with 1 if a certificate cannot be verified, and if a server never answers', async () => {
    const [unverified, silent] = await Promise.all([
      command({ CACHE_URL: account() }),
      command({ DATABASE_URL: `postgres://app:db-canary@${await blackHole()}/app` }),
    ]);
    expect([unverified.code, silent.code]).toEqual([1, 1]);
    expect(unverified.stdout).toContain('CACHE_URL     leads to a server with a self-signed certificate');
    expect(silent.stdout).toContain('accepts the connection but does not answer within 5 s');
    expect(unverified.stdout + silent.stdout + unverified.stderr + silent.stderr).not.toContain('canary');
  });

  it('names the package for PostgreSQL if it is not installed, and does not fail for that', async () => {
    const project = mkdtempSync(join(folder, 'without-pg-'));
    const packages = join(project, 'node_modules');
    mkdirSync(packages);
    for (const name of readdirSync(join(ROOT, 'node_modules')).filter((each) => each !== 'pg')) {
      symlinkSync(join(ROOT, 'node_modules', name), join(packages, name));
    }
    cpSync(join(ROOT, 'dist'), join(project, 'dist'), { recursive: true });
    cpSync(join(ROOT, 'package.json'), join(project, 'package.json'));
    const env = { NODE_ENV: 'production', SECRET_KEY, DATABASE_URL: 'postgres://a:b@127.0.0.1:1/a' };
    const script = relative(ROOT, join(project, 'dist/cli/main.js'));
    const { code, stdout } = await run(script, { args: ['check', '--connect'], env, cwd: project });
    expect(stdout).toContain('--connect to PostgreSQL needs the package pg: npm i pg');
    expect(code).toBe(0);
  });
});

/** The library that gives a process another time. */
async function findLibrary() {
  const paths = readdirSync('/usr/lib').map((name) => `/usr/lib/${name}/faketime/libfaketime.so.1`);
  const path = paths.find((each) => existsSync(each));
  const redis = path === undefined ? undefined : await startOwnRedis();
  return redis === undefined ? undefined : { path: path!, url: redis.url, stop: () => redis.stop() };
}

describeWithServer('check --connect on a machine whose clock is wrong', findLibrary, (library) => {
  it('warns of the difference', async () => {
    const clock = { LD_PRELOAD: library().path, FAKETIME: '+90s', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
    const { stdout } = await command({ CACHE_URL: library().url, ...clock });
    expect(stdout).toMatch(/clock-difference +CACHE_URL .* clock is (?:89\.\d|90) s behind this one$/m);
  });
});

describeWithServer('check --connect with memcached', startOwnMemcached, (server) => {
  it('reports version, memory, evictions and clock of each server', async () => {
    const { ok, connections } = await checkConnect({ CACHE_URL: server().url });
    expect({ ok, connections }).toMatchObject({
      ok: true,
      connections: [
        {
          state: 'connected',
          server: expect.stringMatching(/^memcached \d+\.\d+\.\d+$/),
          facts: { credentials: 'none', memory: '64 MiB, evictions on', clock: 'agrees with this one' },
        },
      ],
    });
  });

  it('names the server of a list that cannot be reached', async () => {
    const report = await checkConnect({ CACHE_URL: `${server().url},127.0.0.1:${await freePort()}` });
    expect(report).toMatchObject({
      ok: false,
      problems: [{ message: expect.stringMatching(/^server 2 of 2: .*nothing listens/) }],
    });
  });
});

describeWithServer('check --connect with a memcached that has SASL', startSaslMemcached, (server) => {
  const urlOf = (account: string) => server().url.replace(/(?<=\/\/).*@/, account);

  it('reports that the server accepts the account', async () => {
    const report = await checkConnect({ CACHE_URL: server().url });
    expect(report).toMatchObject({ ok: true, connections: [{ state: 'connected' }] });
    expect(factsOf(report, 'CACHE_URL')['credentials']).toBe('accepted');
  });

  it.each([
    ['a wrong password', 'app:wrong-canary@', 'is refused: the user or the password is wrong'],
    ['no password', '', 'has no password, but the server requires one'],
  ])('tells %s by name, and quotes nothing', async (_what, account, message) => {
    const report = await checkConnect({ CACHE_URL: urlOf(account) });
    expect(report).toMatchObject({ ok: false, problems: [{ name: 'CACHE_URL', code: 'refused', message }] });
    expect(report.output).not.toContain('canary');
  });

  it('does not call an account accepted that a server without SASL does not look at', async () => {
    const open = await startOwnMemcached();
    onTestFinished(() => open!.stop());
    const report = await checkConnect({ CACHE_URL: open!.url.replace('//', '//app:any@') });
    expect(factsOf(report, 'CACHE_URL')['credentials']).toBe('not verified: the server has no SASL');
  });
});
