import { parseConnectionUrl, type ConnectionUrl } from '../../config/connection-url.js';
import type { ConfigWarning } from '../../config/config.warning.js';
import type { Setting } from '../../config/setting.registry.js';
import type { Environment } from '../../config/sources/environment.js';

/** How a protocol is encrypted: whether this URL asks for it, and how to ask for it. */
interface Protocol {
  readonly isEncrypted: (url: ConnectionUrl, env: Environment) => boolean;
  readonly fix: string;
}

const ON = /^(?:true|1|yes|on|require|required|strict|verify[-_](?:ca|full|identity)|no-verify|\{.*\})$/i;
const asks = ({ parameters }: ConnectionUrl, ...names: string[]) =>
  names.some((name) => ON.test(parameters.get(name) ?? ''));

const postgres: Protocol = {
  isEncrypted: (url, env) => asks(url, 'sslmode', 'ssl') || ON.test(env['PGSSLMODE'] ?? ''),
  fix: 'add ?sslmode=verify-full',
};
const mysql: Protocol = {
  isEncrypted: (url) => asks(url, 'ssl', 'ssl-mode', 'sslmode', 'sslaccept', 'tls'),
  fix: "add the driver's parameter, such as ?ssl-mode=VERIFY_IDENTITY",
};
const mongodb: Protocol = { isEncrypted: (url) => asks(url, 'tls', 'ssl'), fix: 'add ?tls=true' };
const never = (fix: string): Protocol => ({ isEncrypted: () => false, fix });

const PROTOCOLS: Readonly<Record<string, Protocol>> = {
  postgres,
  postgresql: postgres,
  mysql,
  mariadb: mysql,
  mongodb,
  redis: never('use rediss://'),
  valkey: never('use valkeys://'),
  amqp: never('use amqps://'),
  memcached: never('keep it in a network of its own'),
};

/** Passwords that images, tutorials and installers set. */
const DEFAULT_PASSWORDS = new Set(
  (
    'admin admin123 changeme default docker example foobared guest letmein mariadb memcached mongo mongodb mysql ' +
    'pass passwd password password1 postgres postgresql qwerty rabbitmq redis root rootpassword secret sa supersecret ' +
    'test toor user valkey 1234 12345 123456 12345678'
  ).split(' '),
);

/** Connections to other hosts that anyone on the way can read, or anyone at all can open. */
export function connectionAdvice(
  settings: Iterable<Setting>,
  values: Readonly<Record<string, unknown>>,
  env: Environment,
): ConfigWarning[] {
  return [...settings].flatMap(({ name, secret }) => {
    const value = values[name];
    const url = secret && typeof value === 'string' ? parseConnectionUrl(value.trim()) : undefined;
    if (url === undefined || hostsOf(url).every(isThisMachine)) return [];
    const protocol = PROTOCOLS[url.scheme];
    const warnings: ConfigWarning[] = [];
    if (protocol !== undefined && !protocol.isEncrypted(url, env)) {
      const message = 'connects to another host without TLS';
      warnings.push({ id: 'insecure-connection', name, message, fix: protocol.fix });
    }
    if (hasDefaultPassword(url)) {
      const message = 'connects to another host with a default password';
      warnings.push({ id: 'default-password', name, message, fix: 'set a password of its own' });
    }
    return warnings;
  });
}

/** PostgreSQL's drivers take the host as a parameter too, for Unix sockets above all. */
function hostsOf({ hosts, parameters }: ConnectionUrl): readonly string[] {
  return [...hosts, ...parameters.getAll('host')];
}

function isThisMachine(host: string): boolean {
  // A path is a Unix socket.
  return host === '' || /^(?:localhost|.*\.localhost|127(?:\.\d+){3}|\[::1\]|\/.*)$/.test(host);
}

function hasDefaultPassword({ user, password }: ConnectionUrl): boolean {
  const text = password.toLowerCase();
  return text !== '' && (DEFAULT_PASSWORDS.has(text) || text === user.toLowerCase());
}
