import type { ConnectionUrl } from '../../config/index.js';

/** Passwords that images, tutorials and installers set. */
const DEFAULT_PASSWORDS = new Set(
  (
    'admin admin123 changeme default docker example foobared guest letmein mariadb memcached mongo mongodb mysql ' +
    'pass passwd password password1 postgres postgresql qwerty rabbitmq redis root rootpassword secret sa supersecret ' +
    'test toor user valkey 1234 12345 123456 12345678'
  ).split(' '),
);

/** Whether an account in a URL has such a password, or its own name. A Sentinel may have an account of its own. */
export function hasDefaultPassword({ user, password, parameters }: ConnectionUrl): boolean {
  return (
    isDefault(user, password || (parameters.get('password') ?? '')) ||
    isDefault(parameters.get('sentinelUser') ?? '', parameters.get('sentinelPassword') ?? '')
  );
}

function isDefault(user: string, password: string): boolean {
  const text = password.toLowerCase();
  return text !== '' && (DEFAULT_PASSWORDS.has(text) || text === user.toLowerCase());
}
