import type { Client } from 'pg';
import { type ConnectionFindings, versionIn } from './connection.findings.js';

interface Server {
  readonly version: string;
  readonly standby: boolean;
  readonly readOnly: boolean;
}

const SERVER = `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
  current_setting('transaction_read_only') = 'on' AS "readOnly"`;

/** Notes the version, and whether the service can write. */
export async function noteServer(client: Client, findings: ConnectionFindings): Promise<void> {
  const { rows } = await client.query<Server>(SERVER);
  const { version, standby, readOnly } = rows[0]!;
  findings.server = `PostgreSQL ${versionIn(version)}`;
  findings.fact('role', standby ? 'standby' : 'primary');
  findings.fact('transactions', readOnly ? 'read-only' : 'read and write');
  if (standby) {
    const fix = 'use the address of the primary server';
    findings.warn('read-only-database', 'leads to a standby, which is read-only', fix);
  } else if (readOnly) {
    const fix = 'reset default_transaction_read_only of the role or the database';
    findings.warn('read-only-database', 'leads to a database whose transactions are read-only', fix);
  }
}
