import type { Client, QueryResultRow } from 'pg';
import type { BaseConfig } from '../../config/base.config.js';
import { connectionSum, excessConnections } from '../../config/rules/connection-budget.js';
import type { ConnectionFindings } from './connection.findings.js';
import { rowOf } from './postgres.server.js';

interface Limits extends QueryResultRow {
  readonly maximum: number;
  readonly reserved: number;
  readonly isSuperuser: boolean;
  /** -1 if there is none, like that of the database. */
  readonly ofRole: number;
  readonly ofDatabase: number;
  /** The port of this connection as the server sees it; null on a Unix socket. */
  readonly clientPort: number | null;
}

/** PostgreSQL 16 and later reserve more connections, which roles with a privilege may use. */
const LIMITS = `SELECT current_setting('max_connections')::int AS maximum,
  current_setting('superuser_reserved_connections')::int + CASE
    WHEN pg_has_role(session_user, to_regrole('pg_use_reserved_connections')::oid, 'USAGE') THEN 0
    ELSE coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) END AS reserved,
  role.rolsuper AS "isSuperuser", role.rolconnlimit AS "ofRole", inet_client_port() AS "clientPort",
  (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS "ofDatabase"
  FROM pg_roles AS role WHERE role.rolname = session_user`;

const OF_POOLER = 'if a pooler is in front, set DATABASE_MAX_CONNECTIONS to the connections that it grants';

/** Compares the connections that the server grants with those that all replicas may open. */
export async function noteLimits(
  client: Client,
  { DATABASE_POOL_MAX: pool, DATABASE_MAX_CONNECTIONS: budget, REPLICAS: replicas }: BaseConfig,
  findings: ConnectionFindings,
  localPort: number | undefined,
): Promise<void> {
  const limits = await rowOf<Limits>(client, LIMITS);
  // Servers that only speak the protocol may have no limit, or a limit of -1.
  if (limits === undefined || limits.maximum <= 0)
    return findings.fact('connections', 'the server does not show its limits');
  const [granted, reason] = grantedBy(limits);
  findings.fact('connections', `${connectionSum(pool, replicas)} of ${granted} (${reason})`);
  const excess = excessConnections({ pool, replicas, granted });
  // A pooler has connections of its own to the server.
  const mayBePooled = limits.clientPort === null || limits.clientPort !== localPort;
  if (excess !== undefined && !(mayBePooled && budget !== undefined)) {
    findings.problem('unfit', excess, mayBePooled ? OF_POOLER : undefined, 'DATABASE_POOL_MAX');
  } else if (budget !== undefined && budget > granted) {
    const message = `is ${budget}, more than the ${granted} that the server grants (${reason})`;
    const fix = 'lower it; if a pooler in front grants more, silence this warning';
    findings.warn('connection-budget', message, fix, 'DATABASE_MAX_CONNECTIONS');
  }
}

/** The lowest of the limits, and which one it is. */
function grantedBy(limits: Limits): [granted: number, reason: string] {
  const { maximum, reserved, isSuperuser, ofRole, ofDatabase } = limits;
  // A superuser may use the reserved ones, too.
  const all: [number, string][] = [
    isSuperuser
      ? [maximum, `max_connections ${maximum}`]
      : [maximum - reserved, `max_connections ${maximum} minus ${reserved} reserved`],
  ];
  if (!isSuperuser && ofRole >= 0) all.push([ofRole, 'the limit of the role']);
  if (!isSuperuser && ofDatabase >= 0) all.push([ofDatabase, 'the limit of the database']);
  return all.toSorted(([a], [b]) => a - b)[0]!;
}
