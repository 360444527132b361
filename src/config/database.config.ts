import { ConfigError, type ConfigProblem } from './model/config.error.js';
import { pgUrlFault } from './urls/database-url.js';
import { REDACTED, showAs } from './model/redaction.js';

/**
 * What `new Pool()` of pg takes: hand it to the pool and to nothing else. JSON and inspect show it without the
 * connection string, but a spread or a copy of it holds the string.
 */
export interface DatabaseConfig {
  /** DATABASE_URL, password included. */
  readonly connectionString: string;
  /** The most connections that are open at a time. */
  readonly max: number;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleTimeoutMillis: number;
  /** Milliseconds to wait for a connection before the query fails. */
  readonly connectionTimeoutMillis: number;
}

// pg waits for a connection without end by default, and a request with it.
const CONNECTION_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;

interface DatabaseSettings {
  readonly DATABASE_URL?: string;
  readonly DATABASE_POOL_MAX: number;
}

/** What `getDatabaseConfig()` answers. */
export function databaseConfig(config: DatabaseSettings): DatabaseConfig {
  const { DATABASE_URL: connectionString, DATABASE_POOL_MAX: max } = config;
  const refuse = (problem: Omit<ConfigProblem, 'name'>) =>
    new ConfigError(config.constructor.name, [{ name: 'DATABASE_URL', ...problem }]);
  if (connectionString === undefined) {
    const fix = 'set DATABASE_URL, or DATABASE_URL_FILE to a mounted secret';
    throw refuse({ code: 'missing', message: 'is missing', fix });
  }
  const fault = pgUrlFault(connectionString);
  if (fault !== undefined) throw refuse({ code: 'invalid', message: fault });
  const rest = { max, idleTimeoutMillis: IDLE_TIMEOUT_MS, connectionTimeoutMillis: CONNECTION_TIMEOUT_MS };
  const view = () => ({ connectionString: REDACTED, ...rest });
  // pg copies its options with Object.assign, so the connection string has to be enumerable; a getter is at least
  // not shown where inspect leaves custom views out.
  const shown = showAs(
    {
      ...rest,
      get connectionString() {
        return connectionString;
      },
    },
    view,
  );
  return Object.freeze(shown);
}
