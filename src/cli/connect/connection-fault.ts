import { MissingPackageError } from '../../common/optional-package.js';
import { CacheCredentialsError } from '../../cache/far/credentials.error.js';
import { UnsupportedServerError } from '../../cache/far/unsupported-server.error.js';
import { ConfigError } from '../../config/model/config.error.js';
import { errorName } from '../../common/error-name.js';

/** What can be wrong with a connection. Stable: tools may switch on it. */
export type ConnectionFaultCode = 'unreachable' | 'refused' | 'unfit' | 'unchecked';

/** Why a connection cannot be used: a sentence that continues the setting's name. It quotes no text of the server. */
export class ConnectionFault extends Error {
  constructor(
    readonly code: ConnectionFaultCode,
    message: string,
    readonly fix?: string,
  ) {
    super(message);
  }
}

const OWN_CA = 'for a private CA, name its certificate in NODE_EXTRA_CA_CERTS';

/** Errors of the network and of TLS, by Node's code. */
const FAULTS: Readonly<Record<string, readonly [message: string, fix?: string]>> = {
  ENOTFOUND: ['names a host that does not resolve', 'correct the host, or run this where the service runs'],
  EAI_AGAIN: ['names a host for which no name server answers', 'check the DNS of this machine'],
  ECONNREFUSED: ['leads to a port at which nothing listens', 'correct host and port, or start the server'],
  ECONNRESET: ['leads to a server that closes the connection'],
  EPIPE: ['leads to a server that closes the connection'],
  EHOSTUNREACH: ['leads to a host to which there is no route'],
  ENETUNREACH: ['leads to a network to which there is no route'],
  ETIMEDOUT: ['leads to a host that does not answer', 'a firewall may drop the packets'],
  EACCES: ['leads to a socket or a file that this account may not use'],
  ENOENT: ['leads to a socket or a file that does not exist'],
  EPROTO: ['demands TLS, which the server does not speak at this port'],
  ERR_SSL_WRONG_VERSION_NUMBER: ['demands TLS, which the server does not speak at this port'],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ['demands TLS, which the server does not speak at this port'],
  CERT_HAS_EXPIRED: ['leads to a server whose certificate has expired', 'renew the certificate'],
  CERT_NOT_YET_VALID: ['leads to a server whose certificate is not valid yet', 'compare the clocks'],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'leads to a server whose certificate is for another name',
    'use the name in the certificate',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['leads to a server with a self-signed certificate', OWN_CA],
  SELF_SIGNED_CERT_IN_CHAIN: ['leads to a server whose certificate comes from an unknown CA', OWN_CA],
  UNABLE_TO_GET_ISSUER_CERT: ['leads to a server whose certificate comes from an unknown CA', OWN_CA],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['leads to a server whose certificate comes from an unknown CA', OWN_CA],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['leads to a server whose certificate comes from an unknown CA', OWN_CA],
};

/**
 * The fault behind any error.
 *
 * @param ownCa how to trust a private CA
 */
export function faultOf(error: unknown, ownCa = OWN_CA): ConnectionFault {
  if (error instanceof ConnectionFault) return error;
  if (error instanceof MissingPackageError) {
    return new ConnectionFault(
      'unchecked',
      `is not checked: ${error.message}`,
      'install it, or silence this warning',
    );
  }
  if (error instanceof CacheCredentialsError) {
    return new ConnectionFault(
      'refused',
      `has no credentials: ${error.message}`,
      'fix the hook, or run this where the service runs',
    );
  }
  if (error instanceof UnsupportedServerError) return new ConnectionFault('unfit', error.problem, error.fix);
  if (error instanceof ConfigError) {
    const [problem] = error.problems;
    return new ConnectionFault('unchecked', problem?.message ?? 'is rejected', problem?.fix);
  }
  const { code } = error as NodeJS.ErrnoException;
  const [message, fix] = (typeof code === 'string' && FAULTS[code]) || [];
  if (message !== undefined)
    return new ConnectionFault('unreachable', `${message} (${code})`, fix === OWN_CA ? ownCa : fix);
  return new ConnectionFault('unreachable', `fails with ${codeOf(code) ?? errorName(error)}`);
}

/** Only a code in capitals is shown: anything else could be a text of the server. */
function codeOf(code: unknown): string | undefined {
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : undefined;
}
