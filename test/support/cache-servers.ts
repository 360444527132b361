import { randomUUID } from 'node:crypto';
import { OwnServer } from './own-server.js';
import type { Stoppable } from './real-server.js';

/** The server of a shared cache. */
export interface CacheServer extends Stoppable {
  readonly url: string;
}

/** The Redis in REDIS_URL, or one started by the tests; undefined if it is not installed. */
export async function startRedis(): Promise<CacheServer | undefined> {
  return named('REDIS_URL') ?? startOwnRedis();
}

/** The memcached in MEMCACHED_URL, or one started by the tests; undefined if it is not installed. */
export async function startMemcached(): Promise<CacheServer | undefined> {
  return named('MEMCACHED_URL') ?? startOwnMemcached();
}

/** A Redis that can be killed, frozen and configured; it does not write to disk. */
export function startOwnRedis(...options: string[]): Promise<OwnServer | undefined> {
  return OwnServer.start('redis-server', 'redis', (port) =>
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'].concat(options),
  );
}

/** A memcached that can be killed and frozen. */
export function startOwnMemcached(): Promise<OwnServer | undefined> {
  // memcached refuses to run as root without the name of another account.
  const account = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
  return OwnServer.start('memcached', 'memcached', (port) =>
    ['-p', String(port), '-l', '127.0.0.1', '-U', '0'].concat(account),
  );
}

/**
 * Settings of applications that share a cache at this URL, in a unique namespace. The timeout is long, so
 * that a machine that is busy with other tests does not look like a server that is down.
 */
export function sharedEnv(url: string): Record<string, string> {
  return { CACHE_URL: url, CACHE_NAMESPACE: `test-${randomUUID()}`, CACHE_TIMEOUT_MS: '10000' };
}

function named(variable: string): CacheServer | undefined {
  const url = process.env[variable];
  return url ? { url, stop: async () => undefined } : undefined;
}
