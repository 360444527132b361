import type { ConfigWarning } from '../config.warning.js';
import type { Environment } from './environment.js';

/** Variables that libraries read without taking white space off, and what comes of it. */
const CONSEQUENCES: ReadonlyMap<string, string> = new Map([
  ['NODE_ENV', 'Express and other libraries run in their development mode'],
  ['DATABASE_URL', 'pg takes it as part of the URL'],
  ...['PGHOST', 'PGUSER', 'PGPASSWORD', 'PGDATABASE'].map(
    (name) => [name, 'pg takes it as part of the value'] as const,
  ),
  ['PGSSLMODE', 'pg does not know the mode, and leaves TLS off'],
  ['TZ', 'Node does not know the zone, and uses UTC'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) =>
    [name, name.toLowerCase()].map((each) => [each, 'HTTP clients take it as part of the value'] as const),
  ),
  ['SENTRY_DSN', 'Sentry does not know the address, and sends nothing'],
  ...['OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS'].map(
    (name) => [name, 'OpenTelemetry may take it as part of the value'] as const,
  ),
  ['NODE_EXTRA_CA_CERTS', 'Node does not find the file, and goes on without it'],
]);

/** White space around the values of such variables. */
export function untrimmedVariables(env: Environment): ConfigWarning[] {
  return [...CONSEQUENCES].flatMap(([name, consequence]) => {
    const value = env[name];
    if (typeof value !== 'string' || value === value.trim()) return [];
    const what = value.endsWith('\r') ? 'ends in a carriage return' : 'begins or ends with white space';
    return [{ id: 'stray-text', name, message: `${what}: ${consequence}`, fix: 'remove it' }];
  });
}
