import type { ConfigWarning } from '../model/config.warning.js';
import type { Environment } from '../model/config-class.js';

/** Variables that libraries read without trimming white space, and the consequence. */
const CONSEQUENCES: ReadonlyMap<string, string> = new Map([
  ['NODE_ENV', 'Express and other libraries run in their development mode'],
  ['DATABASE_URL', 'pg takes it as part of the URL'],
  ...['PGHOST', 'PGUSER', 'PGPASSWORD', 'PGDATABASE'].map(
    (name) => [name, 'pg takes it as part of the value'] as const,
  ),
  ['PGSSLMODE', 'pg does not recognise the mode and leaves TLS off'],
  ['TZ', 'Node does not recognise the zone and uses UTC'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY'].flatMap((name) =>
    [name, name.toLowerCase()].map((each) => [each, 'HTTP clients take it as part of the value'] as const),
  ),
  ['SENTRY_DSN', 'Sentry does not recognise the address and sends nothing'],
  ...['OTEL_SERVICE_NAME', 'OTEL_EXPORTER_OTLP_ENDPOINT', 'OTEL_EXPORTER_OTLP_HEADERS'].map(
    (name) => [name, 'OpenTelemetry may take it as part of the value'] as const,
  ),
  ['NODE_EXTRA_CA_CERTS', 'Node does not find the file and continues without it'],
]);

/** Warns about white space around the values of these variables. */
export function untrimmedVariableWarnings(env: Environment): ConfigWarning[] {
  return [...CONSEQUENCES].flatMap(([name, consequence]) => {
    const value = env[name];
    if (typeof value !== 'string' || value === value.trim()) return [];
    const what = value.endsWith('\r') ? 'ends in a carriage return' : 'begins or ends with white space';
    return [{ id: 'stray-text', name, message: `${what}: ${consequence}`, fix: 'remove it' }];
  });
}

const ADDRESS = /^(?:tcp|udp|sctp):\/\/[[\]\da-f.:]+:\d{1,5}$/i;
const WITH_ADDRESS = /^(.+?)_PORT(?:_\d+_(?:TCP|UDP|SCTP))?$/;
const LINK =
  /^(.+?)_(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?)?)$/;

/**
 * The variables that Kubernetes (and Docker's --link) sets in a container for each Service, mapped to the name of the
 * Service: `redis` sets REDIS_PORT=tcp://10.0.0.5:6379, REDIS_SERVICE_HOST and more. If the container's specification
 * overrides one of them, the others are still recognised.
 */
export function serviceLinksIn(env: Environment): ReadonlyMap<string, string> {
  const names = Object.keys(env);
  const prefixes = new Set(
    names.filter((name) => isServiceAddress(env[name])).map((name) => WITH_ADDRESS.exec(name)?.[1]),
  );
  return new Map(
    names.flatMap((name) => {
      const [, prefix] = LINK.exec(name) ?? [];
      return prefix !== undefined && prefixes.has(prefix)
        ? [[name, prefix.toLowerCase().replaceAll('_', '-')]]
        : [];
    }),
  );
}

/** Whether a value is the address of a Service in the form of these variables. */
export function isServiceAddress(value: unknown): boolean {
  return typeof value === 'string' && ADDRESS.test(value);
}
