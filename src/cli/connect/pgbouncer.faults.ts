import { ConnectionFault } from './connection-fault.js';

/** The SQLSTATE of nearly every refusal of PgBouncer: a violation of the protocol. */
const OF_PGBOUNCER = '08P01';

/** Refusals of PgBouncer, by its message. The message is not shown, because it quotes names. */
const REFUSALS: readonly (readonly [RegExp, ConnectionFault])[] = [
  // The first pattern, because its messages may quote an error that a later pattern matches.
  [
    /server_login_retry|server down|query_wait_timeout|cannot connect to server|server login failed/,
    new ConnectionFault(
      'unreachable',
      'leads to a pooler that gets no connection to its database',
      'check the address and the account of the database in the configuration of the pooler, and its log',
    ),
  ],
  [
    /authentication failed|no such user|login rejected/,
    new ConnectionFault(
      'refused',
      'is refused: the user or the password is wrong',
      'correct them, also in the auth_file of the pooler',
    ),
  ],
  [
    /^no such database|^database .* does not exist/,
    new ConnectionFault(
      'refused',
      'names a database that does not exist',
      'create it, list it in the [databases] of the pooler, or correct its name',
    ),
  ],
  [
    /startup parameter/,
    new ConnectionFault(
      'refused',
      'has a parameter that the pooler does not accept',
      'remove what pg sends at the start, such as options or statement_timeout, or list it in ignore_startup_parameters',
    ),
  ],
  [
    /no more connections allowed|connections exceeded/,
    new ConnectionFault(
      'refused',
      'is refused: all connections that the pooler grants are in use',
      'close some, or raise its max_client_conn',
    ),
  ],
  [
    /^SSL required/,
    new ConnectionFault(
      'refused',
      'is refused: the pooler requires TLS',
      'require TLS: DATABASE_TLS=verify, or sslmode=verify-full in the URL',
    ),
  ],
  [
    /^not allowed$|^invalid command /,
    new ConnectionFault(
      'unfit',
      'leads to the admin console of PgBouncer instead of a database',
      'correct the name of the database',
    ),
  ],
];

/** The fault behind a refusal of PgBouncer. Undefined if the server is another one, or the message is unknown. */
export function pgBouncerFault(state: string, message: string): ConnectionFault | undefined {
  if (state !== OF_PGBOUNCER) return undefined;
  return REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
}
