import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { freePort } from './own-server.js';
import type { Stoppable } from './real-server.js';

/** An empty database on a real PostgreSQL. */
export interface PostgresServer extends Stoppable {
  readonly url: string;
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

const DEBIAN_VERSIONS = '/usr/lib/postgresql';
const START_MS = 120_000;

/**
 * A new database on the server in DATABASE_URL, or else on a new server that listens on a free local port.
 * Undefined if PostgreSQL is not installed.
 */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const url = process.env['DATABASE_URL'];
  if (url) return createDatabase(url);
  const programs = installedPrograms();
  const account = serverAccount();
  return programs === undefined || account === undefined ? undefined : startServer(programs, account);
}

/** A new server with these files in its directory of data, which only it may read, and these settings. */
export async function startOwnPostgres(
  files: Readonly<Record<string, string>>,
  settings: Readonly<Record<string, string>>,
): Promise<PostgresServer | undefined> {
  const programs = installedPrograms();
  const account = serverAccount();
  if (programs === undefined || account === undefined) return undefined;
  return startServer(programs, account, files, settings);
}

async function createDatabase(serverUrl: string): Promise<PostgresServer> {
  const name = `test_${randomBytes(6).toString('hex')}`;
  await query(serverUrl, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, stop: () => query(serverUrl, `DROP DATABASE ${name} WITH (FORCE)`) };
}

async function startServer(
  programs: string,
  account: Account,
  files: Readonly<Record<string, string>> = {},
  added: Readonly<Record<string, string>> = {},
): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), 'postgres-test-'));
  const data = join(directory, 'data');
  own(directory, account);
  const { cluster, password } = preparedCluster(programs, account);
  const options = { ...account, cwd: directory, env: { LC_ALL: 'C' } };
  execFileSync('cp', ['-R', cluster, data], { ...account, cwd: directory });

  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(data, name), content, { mode: 0o600 });
    own(join(data, name), account);
  }

  const port = await freePort();
  const fixed = { listen_addresses: '127.0.0.1', port, unix_socket_directories: '', fsync: 'off' };
  const settings = { ...fixed, ...added };
  const server = spawn(
    join(programs, 'postgres'),
    ['-D', data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    { ...options, stdio: 'ignore' },
  );
  const stop = async () => {
    process.off('exit', kill);
    if (server.exitCode === null && server.kill('SIGINT')) await once(server, 'exit');
    rmSync(directory, { recursive: true, force: true });
  };
  const kill = () => server.kill('SIGQUIT');
  process.once('exit', kill);

  const url = `postgres://postgres:${password}@127.0.0.1:${port}/postgres`;
  try {
    await untilReady(url, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

/** An empty cluster to copy. The first caller of a run creates it, which takes much longer than a copy. */
function preparedCluster(programs: string, account: Account): { cluster: string; password: string } {
  const templates = templatesFolder();
  const [cluster, password] = [join(templates, 'cluster'), basename(templates)];
  if (existsSync(cluster)) return { cluster, password };
  own(templates, account);
  const making = mkdtempSync(join(templates, 'making-'));
  const passwordFile = join(making, 'password');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  for (const path of [making, passwordFile]) own(path, account);
  const settings = ['--auth=scram-sha-256', '--encoding=UTF8', '--no-sync', '--username=postgres'];
  execFileSync(join(programs, 'initdb'), [...settings, `--pwfile=${passwordFile}`, join(making, 'cluster')], {
    ...account,
    cwd: making,
    env: { LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    renameSync(join(making, 'cluster'), cluster);
  } catch (error) {
    // Another worker was faster.
    if (!existsSync(cluster)) throw error;
  }
  return { cluster, password };
}

/** Shared by the workers of a test run. A benchmark is a single process, which makes its own. */
function templatesFolder(): string {
  const shared = process.env['POSTGRES_TEMPLATES'];
  if (shared !== undefined) return shared;
  const folder = mkdtempSync(join(tmpdir(), 'postgres-templates-'));
  process.env['POSTGRES_TEMPLATES'] = folder;
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function own(path: string, { uid, gid }: Account): void {
  if (uid !== undefined && gid !== undefined) chownSync(path, uid, gid);
}

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      return await query(url, 'SELECT 1');
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) {
        throw new Error('PostgreSQL did not start', { cause: error });
      }
      await delay(50);
    }
  }
}

async function query(url: string, sql: string): Promise<void> {
  const client = new Client(url);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** The directory of `initdb` and `postgres`: the newest one of Debian, or else one on the PATH. */
function installedPrograms(): string | undefined {
  const versions = existsSync(DEBIAN_VERSIONS) ? readdirSync(DEBIAN_VERSIONS) : [];
  const newestFirst = versions.toSorted((a, b) => Number(b) - Number(a));
  const candidates = [
    ...newestFirst.map((version) => join(DEBIAN_VERSIONS, version, 'bin')),
    ...(process.env['PATH'] ?? '').split(delimiter),
  ];
  return candidates.find((directory) =>
    ['initdb', 'postgres'].every((program) => existsSync(join(directory, program))),
  );
}

/** The account of the server. It refuses to run as root, so root needs the account created by the package. */
function serverAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return {};
  try {
    const idOf = (kind: '-u' | '-g') => Number(execFileSync('id', [kind, 'postgres'], { stdio: 'pipe' }));
    return { uid: idOf('-u'), gid: idOf('-g') };
  } catch {
    return undefined;
  }
}
