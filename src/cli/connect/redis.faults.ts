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

const OWN_CA = 'for a private CA, set CACHE_CA to its certificate';
const CLIENT_CERTIFICATE = 'set CACHE_CERT and CACHE_KEY';

/** Alerts by which a server refuses a client, by Node's code. */
const ALERTS: readonly (readonly [RegExp, ConnectionFault])[] = [
  [
    /_ALERT_CERTIFICATE_REQUIRED$/,
    new ConnectionFault('refused', 'leads to a server that demands a client certificate', CLIENT_CERTIFICATE),
  ],
  [
    /_ALERT_(?:UNKNOWN_CA|(?:BAD|UNSUPPORTED)_CERTIFICATE|CERTIFICATE_(?:EXPIRED|REVOKED|UNKNOWN))$/,
    new ConnectionFault(
      'refused',
      'leads to a server that does not accept the certificate in CACHE_CERT',
      'set a valid one, of a CA that the server trusts',
    ),
  ],
];

/** A server may close a connection before its alert is read. */
const CLOSED = /^(?:ECONNRESET|EPIPE|ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE)$/;

/** The fault behind an error reply. */
export function replyFault({ message }: Error): ConnectionFault {
  const [word = 'an error'] = /^[A-Z]{2,20}\b/.exec(message) ?? [];
  const known = REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
  return known ?? new ConnectionFault('refused', `is refused by the server (${word})`);
}

/** The fault behind another error of the client. */
export function redisFault(error: unknown, isEncrypted: boolean): ConnectionFault {
  const { message, code = '' } = error as NodeJS.ErrnoException;
  const alert = ALERTS.find(([pattern]) => pattern.test(code))?.[1];
  if (alert !== undefined) return alert;
  if (/Socket closed unexpectedly/.test(message) || CLOSED.test(code)) {
    const fix = isEncrypted ? `if it demands a client certificate, ${CLIENT_CERTIFICATE}` : undefined;
    return new ConnectionFault('unreachable', 'leads to a server that closes the connection', fix);
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
  return faultOf(error, OWN_CA);
}

/** @param first the fault of the first Sentinel */
export function sentinelsFault({ code, message, fix }: ConnectionFault): ConnectionFault {
  return new ConnectionFault(code, `names Sentinels, but none of them answers; the first ${message}`, fix);
}
