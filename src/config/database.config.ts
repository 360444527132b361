import { ConfigError, type ConfigProblem } from './model/config.error.js';
import { pgUrlFault } from './urls/database-url.js';
import { REDACTED, withRedactedView } from './model/redaction.js';

/**
 * The options for `new Pool()` of pg: pass them to the pool and nowhere else. JSON and inspect omit the connection
 * string, but a spread or a copy contains it.
 */
export interface DatabaseConfig {
  /** DATABASE_URL, including the password. */
  readonly connectionString: string;
  /** The most open connections. */
  readonly max: number;
  /** Milliseconds after which an unused connection is closed. */
  readonly idleTimeoutMillis: number;
  /** Milliseconds to wait for a connection before the query fails. */
  readonly connectionTimeoutMillis: number;
}

// By default, pg and thus the request wait for a connection forever.
const CONNECTION_TIMEOUT_MS = 5_000;
const IDLE_TIMEOUT_MS = 10_000;

interface DatabaseSettings {
  readonly DATABASE_URL?: string;
  readonly DATABASE_POOL_MAX: number;
}

/** Builds the result of `getDatabaseConfig()`. */
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
  // pg copies its options with Object.assign, so the connection string must be enumerable. A getter at least stays
  // hidden if inspect ignores custom views.
  const shown = withRedactedView(
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
