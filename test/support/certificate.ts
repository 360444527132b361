import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

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

/** A CA of the tests, and what it issued, in files of a folder. */
export class Authority {
  private constructor(readonly folder: string) {}

  /** Undefined if openssl is not installed. */
  static make(folder: string): Authority | undefined {
    return makeCertificate(join(folder, 'ca.key'), join(folder, 'ca.pem'), { name: 'test CA' })
      ? new Authority(folder)
      : undefined;
  }

  get ca(): string {
    return readFileSync(join(this.folder, 'ca.pem'), 'utf8');
  }

  /** Issues a certificate for this machine. */
  issue(name: string, { hasExpired = false, isWeak = false } = {}): IssuedCertificate {
    const [keyFile, certificateFile] = ['key', 'pem'].map((kind) => join(this.folder, `${name}.${kind}`));
    const request = join(this.folder, `${name}.csr`);
    const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1'];
    const strong = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
    const kind = ['-newkey', ...(isWeak ? ['rsa:512'] : strong), '-nodes'];
    const by = ['-CA', join(this.folder, 'ca.pem'), '-CAkey', join(this.folder, 'ca.key'), '-CAcreateserial'];
    const days = ['-days', hasExpired ? '-1' : '2', '-copy_extensions', 'copyall'];
    for (const command of [
      ['req', '-new', ...kind, ...subject, '-keyout', keyFile!, '-out', request],
      ['x509', '-req', '-in', request, ...by, ...days, '-out', certificateFile!],
    ]) {
      execFileSync('openssl', command, { stdio: 'ignore' });
    }
    const [key, certificate] = [keyFile!, certificateFile!].map((file) => readFileSync(file, 'utf8'));
    return { keyFile: keyFile!, certificateFile: certificateFile!, key: key!, certificate: certificate! };
  }
}

/** A certificate with its key, as texts and as files. */
export interface IssuedCertificate {
  readonly key: string;
  readonly certificate: string;
  readonly keyFile: string;
  readonly certificateFile: string;
}

/** Signs a certificate again, so that it expired yesterday. */
export function expireCertificate(keyFile: string, certificateFile: string, expiredFile: string): void {
  const files = ['-in', certificateFile, '-signkey', keyFile, '-out', expiredFile];
  execFileSync('openssl', ['x509', '-days', '-1', ...files], { stdio: 'ignore' });
}
