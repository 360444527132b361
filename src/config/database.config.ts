import { isIP } from 'node:net';
import type { BaseSettings } from './base.settings.js';
import { ConfigError, type ConfigProblem } from './model/config.error.js';
import { parseConnectionUrl } from './urls/connection-url.js';
import { pgUrlFault } from './urls/database-url.js';
import { REDACTED, withRedactedView } from './model/redaction.js';

/**
 * The options for `new Pool()` of pg: pass them to the pool and nowhere else. JSON and inspect omit the connection
 * string and the password, but a spread or a copy contains them.
 */
export interface DatabaseConfig {
  /** DATABASE_URL, including the password. Absent if it is unset. */
  readonly connectionString?: string;
  /** DATABASE_HOST. Absent if DATABASE_URL is set, like the next four. */
  readonly host?: string;
  /** DATABASE_PORT, or 5432. */
  readonly port?: number;
  /** DATABASE_NAME. */
  readonly database?: string;
  /** DATABASE_USER. */
  readonly user?: string;
  /** DATABASE_PASSWORD. */
  readonly password?: string;
  /** The TLS options for DATABASE_TLS; false for 'off'. Absent if it is unset. */
  readonly ssl?: false | DatabaseTls;
  /** The most open connections. */
  readonly max: number;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleTimeoutMillis: number;
  /** Milliseconds to wait for a connection before the query fails. */
  readonly connectionTimeoutMillis: number;
}

/** The options of a TLS connection to the database. */
export interface DatabaseTls {
  /** Whether the server's certificate is verified. */
  readonly rejectUnauthorized: boolean;
  /** DATABASE_CA. Default: the CAs that Node trusts. */
  readonly ca?: string;
  /** The host, if it is an IP address that the certificate must contain. */
  readonly host?: string;
}

// By default, pg and thus the request wait for a connection forever.
const CONNECTION_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;
/** Otherwise pg reads PGPORT. */
const STANDARD_PORT = 5432;

/** The settings that `getDatabaseConfig()` reads. */
export const DATABASE_FIELDS = [
  'DATABASE_URL',
  'DATABASE_HOST',
  'DATABASE_PORT',
  'DATABASE_NAME',
  'DATABASE_USER',
  'DATABASE_PASSWORD',
  'DATABASE_TLS',
  'DATABASE_CA',
  'DATABASE_POOL_MAX',
] as const;

type DatabaseSettings = Pick<BaseSettings, (typeof DATABASE_FIELDS)[number]>;

/** Builds the result of `getDatabaseConfig()`. */
export function databaseConfig(config: DatabaseSettings): DatabaseConfig {
  const address = addressOf(config);
  const rest = {
    ...tlsOf(config, address),
    max: config.DATABASE_POOL_MAX,
    idleTimeoutMillis: IDLE_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
  };
  const secret = address.connectionString === undefined ? 'password' : 'connectionString';
  const { [secret]: value, ...open } = address;
  if (value === undefined) return Object.freeze({ ...open, ...rest });
  // pg copies its options with Object.assign, so the secret must be enumerable. A getter at least stays hidden if inspect
  // ignores custom views.
  const kept = Object.defineProperty({ ...open, ...rest }, secret, { get: () => value, enumerable: true });
  return Object.freeze(withRedactedView(kept, () => ({ ...open, [secret]: REDACTED, ...rest })));
}

function addressOf(config: DatabaseSettings): Partial<DatabaseConfig> {
  const refuse = (problem: ConfigProblem) => new ConfigError(config.constructor.name, [problem]);
  const missing = (name: string, fix: string) =>
    refuse({ name, code: 'missing', message: 'is missing', fix });
  const { DATABASE_URL: connectionString, DATABASE_HOST: host, DATABASE_PASSWORD: password } = config;
  if (connectionString !== undefined) {
    const fault = pgUrlFault(connectionString);
    if (fault !== undefined) throw refuse({ name: 'DATABASE_URL', code: 'invalid', message: fault });
    return { connectionString };
  }
  if (host === undefined) {
    const fix =
      'set DATABASE_URL, or DATABASE_URL_FILE to a mounted secret, or DATABASE_HOST, DATABASE_NAME and DATABASE_USER';
    throw missing('DATABASE_URL', fix);
  }
  // A class may have redeclared them. pg would read PGDATABASE and PGUSER.
  const { DATABASE_NAME: database, DATABASE_USER: user } = config;
  if (database === undefined) throw missing('DATABASE_NAME', 'set DATABASE_NAME');
  if (user === undefined) throw missing('DATABASE_USER', 'set DATABASE_USER');
  const port = config.DATABASE_PORT ?? STANDARD_PORT;
  return { host, port, database, user, ...(password === undefined ? {} : { password }) };
}

function tlsOf(
  { DATABASE_TLS: mode, DATABASE_CA: ca }: DatabaseSettings,
  address: Partial<DatabaseConfig>,
): Pick<DatabaseConfig, 'ssl'> {
  if (mode === undefined) return {};
  if (mode === 'off') return { ssl: false };
  if (mode === 'require') return { ssl: Object.freeze({ rejectUnauthorized: false }) };
  const host = hostOf(address);
  return {
    ssl: Object.freeze({
      rejectUnauthorized: true,
      ...(ca === undefined ? {} : { ca }),
      // Up to 8.23.0, pg verifies the name localhost in place of an address.
      ...(isIP(host) === 0 ? {} : { host }),
    }),
  };
}

function hostOf({ host, connectionString }: Partial<DatabaseConfig>): string {
  if (host !== undefined) return host;
  const url = parseConnectionUrl(connectionString ?? '');
  const named = url?.parameters.getAll('host').at(-1) ?? url?.addresses[0]?.host ?? '';
  return named.replace(/^\[(.*)\]$/, '$1');
}
