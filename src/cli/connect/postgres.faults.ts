import { ConnectionFault, faultOf } from './connection-fault.js';
import { pgBouncerFault } from './pgbouncer.faults.js';

const OWN_CA = 'for a private CA, set DATABASE_TLS=verify, and DATABASE_CA to its certificate';

/** Refusals of the server, by SQLSTATE. Its messages are not shown: they quote names. */
const REFUSALS: Readonly<Record<string, readonly [message: string, fix?: string]>> = {
  '28P01': ['is refused: the user or the password is wrong', 'correct the user or the password'],
  '28000': [
    'is refused: the server does not admit this user from here, or requires TLS',
    'check that the role may log in, and pg_hba.conf',
  ],
  '3D000': ['names a database that does not exist', 'create it, or correct its name'],
  '42501': ['is refused: the role has no right to connect to this database', 'GRANT CONNECT ON DATABASE'],
  '53300': [
    'is refused: all connections that the server grants are in use',
    'close some, or put a pooler in front',
  ],
  '57P03': ['leads to a server that is starting or shutting down', 'try again'],
};

/** The class of SQLSTATEs about the connection as a whole. */
const CONNECTION_CLASS = '08';

/** Errors of pg itself, which have no code. */
const OF_DRIVER: readonly (readonly [RegExp, ConnectionFault])[] = [
  [
    /does not support SSL/,
    new ConnectionFault(
      'refused',
      'demands TLS, which the server does not offer',
      'turn it on at the server',
    ),
  ],
  [
    /password must be a (?:non-empty )?string/,
    new ConnectionFault('refused', 'has no password, but the server requires one', 'set the password'),
  ],
  [
    /terminated unexpectedly/,
    new ConnectionFault('unreachable', 'leads to a server that closes the connection'),
  ],
  [
    /establishing an SSL connection|invalid response|unknown message/i,
    new ConnectionFault('unreachable', 'leads to a server that is not PostgreSQL'),
  ],
];

/** Whether the server sent the error. */
function isRefusal(error: unknown): error is { readonly code: string; readonly severity: unknown } {
  const { code, severity } = error as { readonly code?: unknown; readonly severity?: unknown };
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) && severity !== undefined;
}

/** Whether the server refuses a query, and goes on with the connection. */
export function isQueryRefusal(error: unknown): boolean {
  return isRefusal(error) && error.severity !== 'FATAL' && !error.code.startsWith(CONNECTION_CLASS);
}

/** The fault behind an error of pg. */
export function databaseFault(error: unknown): ConnectionFault {
  const { code, message = '' } = error as { readonly code?: unknown; readonly message?: string };
  if (isRefusal(error)) {
    const { code: state } = error;
    const ofPooler = pgBouncerFault(state, message);
    if (ofPooler !== undefined) return ofPooler;
    const [text, fix] = REFUSALS[state] ?? [`is refused by the server (SQLSTATE ${state})`];
    return new ConnectionFault('refused', text, fix);
  }
  const known = code === undefined ? OF_DRIVER.find(([pattern]) => pattern.test(message)) : undefined;
  return known?.[1] ?? faultOf(error, OWN_CA);
}
