import type { Client, QueryResultRow } from 'pg';
import { type ConnectionFindings, versionIn } from './connection.findings.js';
import { isQueryRefusal } from './postgres.faults.js';

interface Server extends QueryResultRow {
  readonly version: string;
  readonly standby: boolean;
  readonly readOnly: boolean;
}

const SERVER = `SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,
  current_setting('transaction_read_only') = 'on' AS "readOnly"`;

/** Notes the version, and whether the service can write. */
export async function noteServer(client: Client, findings: ConnectionFindings): Promise<void> {
  const server = await rowOf<Server>(client, SERVER);
  if (server === undefined) return findings.fact('role', 'the server does not show it');
  const { version, standby, readOnly } = server;
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

/** The row of a query; undefined if the server refuses it. Other servers than PostgreSQL speak its protocol, too. */
export async function rowOf<Row extends QueryResultRow>(
  client: Client,
  sql: string,
): Promise<Row | undefined> {
  try {
    const { rows } = await client.query<Row>(sql);
    return rows[0];
  } catch (error) {
    if (isQueryRefusal(error)) return undefined;
    throw error;
  }
}
