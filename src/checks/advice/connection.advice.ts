import { BlockList, isIP } from 'node:net';
import {
  type ConnectionUrl,
  parseConnectionUrl,
  type ConfigWarning,
  type Setting,
  type Environment,
} from '../../config/index.js';
import { hasDefaultPassword } from './default-password.js';
import { isUnverified } from './unverified-tls.js';

/** The encryption of a protocol: whether a URL enables it, and how to enable it. */
interface Protocol {
  readonly isEncrypted: (url: ConnectionUrl, env: Environment) => boolean;
  readonly fix: string;
}

const OFF = /^(?:|false|0|no|off|none|disabled?|allow|prefer(?:red)?)$/i;
const last = ({ parameters }: ConnectionUrl, name: string) => parameters.getAll(name).at(-1);
const isOn = (value: string | undefined) => value !== undefined && !OFF.test(value);

/** sslmode takes precedence over ssl, and the URL over PGSSLMODE. With 'prefer', not every driver insists on TLS. */
const postgres: Protocol = {
  isEncrypted: (url, env) => {
    const named =
      last(url, 'sslmode') ??
      last(url, 'ssl') ??
      last(url, 'sslrootcert') ??
      last(url, 'sslcert') ??
      last(url, 'sslkey');
    return isOn(named ?? env['PGSSLMODE']);
  },
  fix: 'add ?sslmode=verify-full',
};
const mysql: Protocol = {
  isEncrypted: ({ parameters }) =>
    [...parameters].some(([name, value]) => /^(?:use|require)?(?:ssl|tls)/i.test(name) && isOn(value)),
  fix: "add the driver's parameter, such as ?ssl-mode=VERIFY_IDENTITY",
};
const mongodb: Protocol = {
  isEncrypted: (url) => isOn(last(url, 'tls') ?? last(url, 'ssl')),
  fix: 'add ?tls=true',
};
const mongodbSrv: Protocol = {
  isEncrypted: (url) => isOn(last(url, 'tls') ?? last(url, 'ssl') ?? 'true'),
  fix: 'remove tls=false',
};
/** Encrypted by default. */
const sqlServer: Protocol = {
  isEncrypted: (url) =>
    !/^DANGER_PLAINTEXT$/i.test(last(url, 'encrypt') ?? '') && isOn(last(url, 'encrypt') ?? 'true'),
  fix: 'set encrypt=true',
};
const never = (fix: string): Protocol => ({ isEncrypted: () => false, fix });

/** Protocols that can be unencrypted. Other protocols are not checked. */
const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  postgres,
  postgresql: postgres,
  cockroachdb: postgres,
  mysql,
  mysql2: mysql,
  mariadb: mysql,
  mongodb,
  'mongodb+srv': mongodbSrv,
  sqlserver: sqlServer,
  mssql: sqlServer,
  redis: never('use rediss://'),
  valkey: never('use valkeys://'),
  'redis+sentinel': never('use rediss+sentinel://'),
  'valkey+sentinel': never('use valkeys+sentinel://'),
  memcached: never('run it in a private network'),
  amqp: never('use amqps://'),
  mqtt: never('use mqtts://'),
  nats: never('use tls://'),
  http: never('use https://'),
  ws: never('use wss://'),
  ldap: never('use ldaps://'),
  smtp: never('use smtps://'),
};

/** Connections to other hosts without TLS, without certificate verification or with a default password. */
export function connectionAdvice(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
  env: Environment,
): ConfigWarning[] {
  return [...settings]
    .map(({ name, secret, path }) => ({ name, secret, isOwn: path.length === 1 }))
    .filter(({ name, secret, isOwn }) => secret || (name === 'DATABASE_HOST' && isOwn))
    .flatMap(({ name, isOwn }) => {
      // A group may have settings of its own under names of the package's.
      const all = isOwn ? urlsOf(name, values) : urlsIn(values[name]);
      const urls = all.filter((url) => !hostsOf(url, env).every(isLoopback));
      const isByMode = (url: ConnectionUrl) => isOwn && isBySetting(name, url, values);
      const plain = urls
        .map((url) => ({ url, protocol: PROTOCOLS[url.scheme] }))
        .find(({ url, protocol }) => protocol !== undefined && !protocol.isEncrypted(url, env));
      const warnings: ConfigWarning[] = [];
      if (plain !== undefined) {
        const message = 'connects to another host without TLS';
        const fix = isByMode(plain.url) ? 'set DATABASE_TLS=verify' : plain.protocol!.fix;
        warnings.push({ id: 'insecure-connection', name, message, fix });
      }
      const unverified = urls.find((url) => isUnverified(url, env));
      if (unverified !== undefined) {
        const message = 'connects to another host without checking its certificate';
        const fix = isByMode(unverified)
          ? 'set DATABASE_TLS=verify, and DATABASE_CA for a private CA'
          : 'enable certificate verification; for a private CA, configure its certificate';
        warnings.push({ id: 'unverified-tls', name, message, fix });
      }
      if (urls.some(hasDefaultPassword)) {
        const message = 'connects to another host with a default password';
        warnings.push({ id: 'default-password', name, message, fix: 'set a unique password' });
      }
      return warnings;
    });
}

/** Whether DATABASE_TLS, and not the URL, decides on TLS. It applies to PostgreSQL only. */
function isBySetting(
  name: string,
  { scheme }: ConnectionUrl,
  values: Readonly<Record<string, unknown>>,
): boolean {
  if (PROTOCOLS[scheme] !== postgres) return false;
  return name === 'DATABASE_HOST' || (name === 'DATABASE_URL' && values['DATABASE_TLS'] !== undefined);
}

/** pg's word for each value of DATABASE_TLS. */
const SSL_MODES: Readonly<Record<string, string>> = {
  off: 'disable',
  require: 'no-verify',
  verify: 'verify-full',
};

/** The URLs in a setting. DATABASE_TLS applies to PostgreSQL only. DATABASE_HOST stands for a URL with the other parts. */
function urlsOf(name: string, values: Readonly<Record<string, unknown>>): ConnectionUrl[] {
  const mode = SSL_MODES[String(values['DATABASE_TLS'])];
  const withMode = (url: ConnectionUrl): ConnectionUrl => {
    if (mode === undefined || PROTOCOLS[url.scheme] !== postgres) return url;
    const parameters = new URLSearchParams(url.parameters);
    parameters.set('sslmode', mode);
    // It changes the meaning of a mode only if the mode is in the URL.
    parameters.delete('uselibpqcompat');
    return { ...url, parameters };
  };
  if (name === 'DATABASE_URL') return urlsIn(values[name]).map(withMode);
  if (name !== 'DATABASE_HOST') return urlsIn(values[name]);
  const { DATABASE_HOST: host, DATABASE_USER: user = '', DATABASE_PASSWORD: password = '' } = values;
  if (typeof host !== 'string') return [];
  const addresses = [{ host: host.toLowerCase() }];
  const parts = { scheme: 'postgres', user: String(user), password: String(password), addresses };
  return [withMode({ ...parts, parameters: new URLSearchParams() })];
}

/** The URLs in a setting, including those in lists and objects. */
function urlsIn(value: unknown): ConnectionUrl[] {
  if (typeof value === 'string') {
    const url = parseConnectionUrl(value.trim());
    return url === undefined ? [] : [url];
  }
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(urlsIn) : [];
}

/** PostgreSQL drivers also read the host from a parameter (mostly for Unix sockets) or from PGHOST. */
function hostsOf({ scheme, addresses, parameters }: ConnectionUrl, env: Environment): readonly string[] {
  const inAuthority = addresses.map(({ host }) => host);
  const named = (parameters.has('host') ? parameters.getAll('host').flatMap(splitHosts) : inAuthority).filter(
    (host) => host !== '',
  );
  return named.length === 0 && scheme.startsWith('postgres') ? [env['PGHOST'] ?? ''] : named;
}

/** A socket path may contain commas. Hosts may have ports. */
function splitHosts(text: string): string[] {
  return text.startsWith('/') ? [text] : text.split(',').map((host) => host.replace(/:\d+$/, ''));
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  const name = host.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const version = isIP(name);
  if (version > 0) return LOOPBACK.check(name, version === 6 ? 'ipv6' : 'ipv4');
  // A path is a Unix socket.
  return name === '' || name.startsWith('/') || /^(?:.*\.)?localhost$/.test(name);
}
