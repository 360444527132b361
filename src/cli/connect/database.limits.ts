import type { Client } from 'pg';
import type { BaseConfig } from '../../config/base.config.js';
import { connectionSum, excessConnections } from '../../config/rules/connection-budget.js';
import type { ConnectionFindings } from './connection.findings.js';

interface Limits {
  readonly maximum: number;
  readonly reserved: number;
  readonly isSuperuser: boolean;
  /** -1 if there is none, like that of the database. */
  readonly ofRole: number;
  readonly ofDatabase: number;
}

/** PostgreSQL 16 and later reserve more connections. */
const LIMITS = `SELECT current_setting('max_connections')::int AS maximum,
  current_setting('superuser_reserved_connections')::int
    + coalesce(nullif(current_setting('reserved_connections', true), '')::int, 0) AS reserved,
  role.rolsuper AS "isSuperuser", role.rolconnlimit AS "ofRole",
  (SELECT datconnlimit FROM pg_database WHERE datname = current_database()) AS "ofDatabase"
  FROM pg_roles AS role WHERE role.rolname = session_user`;

/** Compares the connections that the server grants with those that all replicas may open. */
export async function noteLimits(
  client: Client,
  config: BaseConfig,
  findings: ConnectionFindings,
): Promise<void> {
  const limits = await client.query<Limits>(LIMITS).then(
    ({ rows }) => rows[0],
    // Servers that speak PostgreSQL's protocol may lack these tables.
    () => undefined,
  );
  const [granted, reason] = limits === undefined ? [undefined, ''] : grantedBy(limits);
  const { DATABASE_POOL_MAX: pool, DATABASE_MAX_CONNECTIONS: budget, REPLICAS: replicas } = config;
  if (granted === undefined) return findings.fact('connections', 'the server does not show its limits');
  findings.fact('connections', `${connectionSum(pool, replicas)} of ${granted} (${reason})`);
  if (budget === undefined) {
    const excess = excessConnections({ pool, replicas, granted });
    if (excess !== undefined) findings.problem('unfit', excess, undefined, 'DATABASE_POOL_MAX');
  } else if (budget > granted) {
    const message = `is ${budget}, more than the ${granted} that the server grants (${reason})`;
    const fix = 'lower it; if a pooler in front grants more, silence this warning';
    findings.warn('connection-budget', message, fix, 'DATABASE_MAX_CONNECTIONS');
  }
}

/** The lowest of the limits, and which one it is. */
function grantedBy(limits: Limits): [granted: number, reason: string] {
  const { maximum, reserved, isSuperuser, ofRole, ofDatabase } = limits;
  const all: [number, string][] = [
    [maximum - reserved, `max_connections ${maximum} less ${reserved} reserved`],
  ];
  if (!isSuperuser && ofRole >= 0) all.push([ofRole, 'the limit of the role']);
  if (!isSuperuser && ofDatabase >= 0) all.push([ofDatabase, 'the limit of the database']);
  return all.toSorted(([a], [b]) => a - b)[0]!;
}
