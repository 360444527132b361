import { execFileSync } from 'node:child_process';

/** Makes a certificate for this machine that signs itself. Returns false if openssl is not installed. */
export function makeCertificate(
  keyFile: string,
  certificateFile: string,
  { days = 2, name = 'localhost' } = {},
): boolean {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', String(days), ...subject];
  try {
    execFileSync('openssl', [...request, '-keyout', keyFile, '-out', certificateFile], { stdio: 'ignore' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Signs a certificate again, so that it expired yesterday. */
export function expireCertificate(keyFile: string, certificateFile: string, expiredFile: string): void {
  const files = ['-in', certificateFile, '-signkey', keyFile, '-out', expiredFile];
  execFileSync('openssl', ['x509', '-days', '-1', ...files], { stdio: 'ignore' });
}
