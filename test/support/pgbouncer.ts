import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OwnServer } from './own-server.js';
import { startOwnPostgres } from './postgres.js';
import type { Stoppable } from './real-server.js';

/** A PgBouncer that pools transactions, and the PostgreSQL behind it. */
export interface Pooler extends Stoppable {
  readonly url: string;
  /** The URL of PostgreSQL. */
  readonly direct: string;
}

/** An account that may use the console of PgBouncer. */
export const POOLER_ADMIN = 'pooler_admin';

/** PostgreSQL has 30 connections, and the database `down` has no server. Undefined if PgBouncer or PostgreSQL is not installed. */
export async function startPgBouncer(
  settings: Readonly<Record<string, string | number>> = {},
): Promise<Pooler | undefined> {
  const postgres = await startOwnPostgres({}, { max_connections: '30' });
  if (postgres === undefined) return undefined;
  const { username, password, hostname, port: serverPort, pathname } = new URL(postgres.url);
  const folder = mkdtempSync(join(tmpdir(), 'pgbouncer-'));
  const file = join(folder, 'pgbouncer.ini');
  const server = await OwnServer.start('pgbouncer', 'postgres', (port) => {
    const users = [username, POOLER_ADMIN].map((name) => `"${name}" "${password}"\n`).join('');
    const all = {
      listen_addr: '127.0.0.1',
      listen_port: port,
      unix_socket_dir: '',
      auth_type: 'scram-sha-256',
      auth_file: join(folder, 'users.txt'),
      admin_users: POOLER_ADMIN,
      pool_mode: 'transaction',
      ...settings,
    };
    const lines = Object.entries(all).map(([name, value]) => `${name} = ${value}\n`);
    const databases = `down = host=127.0.0.1 port=1\n* = host=${hostname} port=${serverPort}\n`;
    // PgBouncer gives up root before it reads them.
    writeFileSync(all.auth_file, users, { mode: 0o600 });
    writeFileSync(file, `[databases]\n${databases}[pgbouncer]\n${lines.join('')}`, { mode: 0o600 });
    // PgBouncer refuses to run as root.
    return process.getuid?.() === 0 ? ['--user', 'postgres', file] : [file];
  });
  const stop = async () => {
    await server?.stop();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  };
  if (server === undefined) return stop().then(() => undefined);
  const url = `postgres://${username}:${password}@127.0.0.1:${server.port}${pathname}`;
  return { url, direct: postgres.url, stop };
}
