import { ConnectionFault, faultOf } from './connection-fault.js';

/** Error replies of Redis, by their first words. The replies are not shown: they may quote arguments. */
const REFUSALS: readonly (readonly [RegExp, ConnectionFault])[] = [
  [
    /^WRONGPASS|^ERR invalid password|^ERR AUTH/,
    new ConnectionFault('refused', 'is refused: the user or the password is wrong', 'correct them'),
  ],
  [
    /^NOAUTH/,
    new ConnectionFault(
      'refused',
      'has no password, but the server requires one',
      'add the password to the URL',
    ),
  ],
  [
    /^NOPERM/,
    new ConnectionFault(
      'refused',
      'is refused: the account lacks rights on the keys of CACHE_NAMESPACE',
      'grant what docs/shared-cache.md lists',
    ),
  ],
  [
    /DB index/,
    new ConnectionFault(
      'refused',
      'names a database that the server does not have',
      'correct the path of the URL',
    ),
  ],
  [
    /^ERR max number of clients/,
    new ConnectionFault('refused', 'is refused: the server has too many connections', 'raise its maxclients'),
  ],
  [
    /^(?:LOADING|BUSY|MASTERDOWN)/,
    new ConnectionFault('unreachable', 'leads to a server that is not ready yet', 'try again'),
  ],
];

/** The fault behind an error reply. */
export function replyFault({ message }: Error): ConnectionFault {
  const [word = 'an error'] = /^[A-Z]{2,20}\b/.exec(message) ?? [];
  const known = REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
  return known ?? new ConnectionFault('refused', `is refused by the server (${word})`);
}

/** The fault behind another error of the client. */
export function redisFault(error: unknown, isEncrypted: boolean): ConnectionFault {
  const { message } = error as Error;
  if (/Socket closed unexpectedly/.test(message)) {
    return new ConnectionFault('unreachable', 'leads to a server that closes the connection');
  }
  if (message === 'Connection timeout') {
    return isEncrypted
      ? new ConnectionFault(
          'unreachable',
          'leads to a host that does not answer, or does not start TLS',
          'a firewall may drop the packets, or it has another port for TLS',
        )
      : new ConnectionFault(
          'unreachable',
          'leads to a host that does not answer',
          'a firewall may drop the packets',
        );
  }
  return faultOf(error);
}
