import type { ConfigProblem } from '../model/config.error.js';
import type { Setting } from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';
import { splitUrl } from '../urls/connection-url.js';

const PARTS = ['DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME', 'DATABASE_USER', 'DATABASE_PASSWORD'];
/** The settings that must fit together. */
export const DATABASE_NAMES: readonly string[] = ['DATABASE_URL', ...PARTS, 'DATABASE_TLS', 'DATABASE_CA'];

/** Parameters of a PostgreSQL URL that replace the option `ssl` of pg. */
const TLS_PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];

/** Two addresses of the database, or two statements about TLS. */
export function databaseProblem(
  _settings: ReadonlyMap<string, Setting>,
  values: Readonly<Record<string, unknown>>,
  readings: ReadonlyMap<string, RawSetting>,
): ConfigProblem | undefined {
  const { DATABASE_URL: url, DATABASE_TLS: mode, DATABASE_CA: ca } = values;
  const problem = (name: string, message: string, fix: string): ConfigProblem => {
    const origin = readings.get(name)?.origin;
    return { name, code: 'invalid', message, fix, ...(origin === undefined ? {} : { origin }) };
  };
  const part = PARTS.find((name) => values[name] !== undefined);
  if (url !== undefined && part !== undefined) {
    return problem(part, 'is set, but DATABASE_URL already says where the database is', 'unset one of them');
  }
  const parameter = typeof url === 'string' && mode !== undefined ? tlsParameterIn(url) : undefined;
  if (parameter !== undefined) {
    return problem('DATABASE_TLS', `is set, but DATABASE_URL has ${parameter}, too`, 'keep one of them');
  }
  if (ca !== undefined && mode !== 'verify') {
    return problem('DATABASE_CA', 'is set, but DATABASE_TLS is not verify', 'set DATABASE_TLS=verify');
  }
  return undefined;
}

function tlsParameterIn(url: string): string | undefined {
  const named = new URLSearchParams(splitUrl(url)?.query);
  return TLS_PARAMETERS.find((name) => named.has(name));
}
