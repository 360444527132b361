import type { ConnectionUrl, Environment } from '../../config/index.js';

type Parameters = ReadonlyMap<string, string>;

const ON = /^(?:true|1|yes|on)$/i;
const OFF = /^(?:false|0|no|off)$/i;

/** Parameters that disable certificate verification, named without `-` and `_`, and the values that disable it. */
const SWITCHES: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^rejectunauthorized$/, OFF],
  [/^(?:ssl|tls)?(?:verify|validate)(?:peer|certificate|servercertificate)?$/, OFF],
  [/^(?:ssl|tls)?(?:insecure|skipverify|insecureskipverify|trustservercertificate)$/, ON],
  [/^(?:ssl|tls)allowinvalid(?:certificates|hostnames)$/, ON],
  [/^sslaccept$/, /^accept_invalid_certs$/i],
  [/^(?:sslcertreqs|verify)$/, /^(?:cert_|verify_)?none$/i],
];
const UNVERIFIED = /^(?:no-verify|skip-verify|insecure)$|"?rejectUnauthorized"?\s*:\s*false/i;

/** Whether a URL makes its driver encrypt without verifying the server's certificate. */
export function isUnverified({ scheme, parameters }: ConnectionUrl, env: Environment): boolean {
  // If a parameter occurs twice, every driver uses the last one.
  const named: Parameters = new Map(parameters);
  const isSwitchedOff = [...named].some(([name, value]) => {
    const plain = name.replaceAll(/[-_]/g, '').toLowerCase();
    return SWITCHES.some(([names, values]) => names.test(plain) && values.test(value));
  });
  if (isSwitchedOff) return true;
  if (/^postgres(?:ql)?$/.test(scheme)) return isUnverifiedByPg(named, env);
  return ['ssl', 'tls', 'sslmode', 'ssl-mode'].some((name) => UNVERIFIED.test(named.get(name) ?? ''));
}

/** pg verifies the certificate for `require`, unless it is told to behave like libpq. */
function isUnverifiedByPg(named: Parameters, env: Environment): boolean {
  const has = (name: string) => (named.get(name) ?? '') !== '';
  const mode = named.get('sslmode');
  if (has('sslmode') && named.get('uselibpqcompat') === 'true')
    return mode === 'prefer' || (mode === 'require' && !has('sslrootcert'));
  if (has('sslmode')) return mode === 'no-verify';
  if (has('sslrootcert') || has('sslcert') || has('sslkey')) return false;
  return (named.get('ssl') ?? env['PGSSLMODE']) === 'no-verify';
}
