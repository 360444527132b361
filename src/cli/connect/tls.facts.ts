import type { Socket } from 'node:net';
import { type ConnectionOptions, connect, type PeerCertificate, TLSSocket } from 'node:tls';
import type { ConnectionFindings } from './connection.findings.js';

const DAY_MS = 24 * 3600 * 1000;
const SOON_DAYS = 21;

/** Notes whether a connection is encrypted, and the certificate of its server. */
export function noteTls(socket: Socket, findings: ConnectionFindings): void {
  if (!(socket instanceof TLSSocket)) return findings.fact('tls', 'off');
  const certificate = socket.getPeerCertificate();
  const verified = socket.authorized ? 'verified' : 'not verified';
  findings.fact('tls', `${socket.getProtocol() ?? 'on'}, certificate ${verified}${detailsOf(certificate)}`);
  const expiry = expiryOf(certificate);
  if (expiry !== undefined && expiry.getTime() < Date.now() + SOON_DAYS * DAY_MS) {
    const message = `leads to a server whose certificate ${expiryText(expiry)}`;
    findings.warn('certificate-expiry', message, 'renew the certificate');
  }
}

/** Makes another connection to look at the certificate, for a client that does not show its socket. */
export async function noteTlsAt(
  options: ConnectionOptions,
  findings: ConnectionFindings,
  signal: AbortSignal,
): Promise<void> {
  const socket = connect(options);
  const close = () => void socket.destroy();
  signal.addEventListener('abort', close, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
    });
    noteTls(socket, findings);
  } finally {
    close();
  }
}

function detailsOf(certificate: PeerCertificate): string {
  const name = [certificate.subject?.CN ?? certificate.subjectaltname ?? []].flat().join(', ');
  const expiry = expiryOf(certificate);
  return `${name === '' ? '' : `, of ${name}`}${expiry === undefined ? '' : `, until ${dayOf(expiry)}`}`;
}

function expiryOf({ valid_to: text }: PeerCertificate): Date | undefined {
  const expiry = new Date(text);
  return Number.isNaN(expiry.getTime()) ? undefined : expiry;
}

function expiryText(expiry: Date): string {
  const days = Math.floor((expiry.getTime() - Date.now()) / DAY_MS);
  if (days < 0) return `expired on ${dayOf(expiry)}`;
  return `expires on ${dayOf(expiry)}, in ${days} ${days === 1 ? 'day' : 'days'}`;
}

function dayOf(date: Date): string {
  return date.toISOString().slice(0, 'yyyy-mm-dd'.length);
}
