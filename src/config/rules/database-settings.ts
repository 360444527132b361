import type { ConfigProblem } from '../model/config.error.js';
import type { Setting } from '../model/config-shape.js';
import type { RawSetting } from '../sources/layer.js';
import { splitUrl } from '../urls/connection-url.js';
import { isPostgresUrl } from '../urls/database-url.js';

/** The settings that must fit together. */
export const DATABASE_NAMES: readonly string[] = [
  'DATABASE_URL',
  'DATABASE_HOST',
  'DATABASE_TLS',
  'DATABASE_CA',
];

/** Parameters of a PostgreSQL URL that replace the option `ssl` of pg. */
const TLS_PARAMETERS = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation'];

/** Settings of the database that contradict each other. */
export function databaseProblem(
  settings: ReadonlyMap<string, Setting>,
  values: Readonly<Record<string, unknown>>,
  readings: ReadonlyMap<string, RawSetting>,
): ConfigProblem | undefined {
  const { DATABASE_URL: url, DATABASE_HOST: host, DATABASE_TLS: mode, DATABASE_CA: ca } = values;
  const problem = (name: string, message: string, fix: string): ConfigProblem => {
    const origin = readings.get(name)?.origin;
    return { name, code: 'invalid', message, fix, ...(origin === undefined ? {} : { origin }) };
  };
  if (url !== undefined && host !== undefined) {
    return problem('DATABASE_HOST', 'is set together with DATABASE_URL', 'unset one of them');
  }
  const tls = ['DATABASE_TLS', 'DATABASE_CA'].find((name) => values[name] !== undefined);
  if (typeof url === 'string' && tls !== undefined && !isPostgresUrl(url)) {
    return problem(tls, 'is set, but DATABASE_URL is not a PostgreSQL URL', 'set TLS by its parameters');
  }
  const parameter = typeof url === 'string' && mode !== undefined ? tlsParameterIn(url) : undefined;
  if (parameter !== undefined) {
    return problem('DATABASE_TLS', `is set, but DATABASE_URL also contains ${parameter}`, 'keep one of them');
  }
  if (typeof host === 'string' && host.startsWith('/') && mode !== undefined && mode !== 'off') {
    return problem(
      'DATABASE_TLS',
      'is set, but DATABASE_HOST is a socket, which has no TLS',
      'unset DATABASE_TLS',
    );
  }
  // `pick()` may read one of them.
  if (ca !== undefined && settings.has('DATABASE_TLS') && mode !== 'verify') {
    const inUrl = url === undefined ? '' : ', and remove sslmode from DATABASE_URL';
    const fix = `set DATABASE_TLS=verify${inUrl}`;
    return problem('DATABASE_CA', 'is set, but DATABASE_TLS is not verify', fix);
  }
  return undefined;
}

function tlsParameterIn(url: string): string | undefined {
  const named = new URLSearchParams(splitUrl(url)?.query);
  return TLS_PARAMETERS.find((name) => named.has(name));
}
