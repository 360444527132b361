import type { Client } from 'pg';
import type { Socket } from 'node:net';
import { orMissing } from '../../common/optional-package.js';
import { settlesWithin } from '../../common/timeout.js';
import type { BaseConfig } from '../../config/base.config.js';
import type { DatabaseConfig } from '../../config/database.config.js';
import { ConnectionFault } from './connection-fault.js';
import type { ConnectionFindings } from './connection.findings.js';
import { databaseFault } from './postgres.faults.js';
import { otherDatabase } from './postgres.kind.js';
import { noteLimits } from './postgres.limits.js';
import { noteServer } from './postgres.server.js';
import { noteTls } from './tls.facts.js';

const END_MS = 500;

/** Connects to PostgreSQL as the application would, and notes what the server is and what it grants. */
export async function checkDatabase(
  config: BaseConfig,
  findings: ConnectionFindings,
  signal: AbortSignal,
): Promise<void> {
  const options = optionsOf(config, findings);
  const { default: pg } = await import('pg').catch(orMissing('--connect to PostgreSQL', 'pg'));
  signal.throwIfAborted();
  try {
    // The deadline of the whole check replaces that of the connection.
    const client = new pg.Client({ ...options, connectionTimeoutMillis: 0 });
    await examine(client, config, findings, signal);
  } catch (error) {
    throw databaseFault(error);
  }
}

/** @throws ConnectionFault for a database that is not PostgreSQL, or a ConfigError for one that pg cannot use */
function optionsOf(config: BaseConfig, findings: ConnectionFindings): DatabaseConfig {
  const { DATABASE_URL: url } = config;
  const kind = url === undefined ? undefined : otherDatabase(url);
  if (kind === undefined) return config.getDatabaseConfig();
  findings.server = kind;
  throw new ConnectionFault(
    'unchecked',
    `is not checked: it leads to ${kind}, and --connect knows PostgreSQL`,
  );
}

async function examine(
  client: Client,
  config: BaseConfig,
  findings: ConnectionFindings,
  signal: AbortSignal,
): Promise<void> {
  // TLS replaces the socket.
  const { connection } = client as unknown as { readonly connection: { readonly stream: Socket } };
  const destroy = () => void connection.stream.destroy();
  signal.addEventListener('abort', destroy, { once: true });
  findings.begin();
  findings.isReached = false;
  connection.stream.once('connect', () => findings.reached());
  client.on('error', () => undefined);
  try {
    await client.connect();
    findings.fact('credentials', 'accepted');
    noteTls(connection.stream, findings);
    await noteServer(client, findings);
    await noteLimits(client, config, findings, connection.stream.localPort);
  } finally {
    await settlesWithin(client.end(), END_MS);
    destroy();
  }
}
