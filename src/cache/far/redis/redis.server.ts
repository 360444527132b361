import type * as Redis from '@redis/client';
import type { CacheConfig } from '../../../config/index.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

export type RedisClient = ReturnType<typeof Redis.createClient>;

/** A server, and what a connection to it is encrypted with and logs in with. */
export interface RedisServer extends Pick<CacheConfig, 'tls' | 'credentials'> {
  readonly url: string;
}

/** Detects the kind of a server: one without HELLO supports one of the other commands, or none. */
export async function requirePrimaryAt(client: RedisClient): Promise<void> {
  const [hello, role, cluster] = await Promise.allSettled([
    client.sendCommand(['HELLO', '2']),
    client.sendCommand<unknown[]>(['ROLE']),
    client.sendCommand(['READWRITE']),
  ]);
  if (hello.status === 'fulfilled') return requirePrimary(hello.value);
  if (cluster.status === 'fulfilled') throw new UnsupportedServerError('cluster');
  if (role.status === 'fulfilled') requirePrimary(['role', role.value[0]]);
}

/**
 * @param hello the reply of HELLO, as a list of names and values or as an object
 * @throws UnsupportedServerError
 */
export function requirePrimary(hello: unknown): void {
  const parts: unknown[] = Array.isArray(hello) ? hello : Object.entries(hello ?? {}).flat();
  const valueOf = (name: string) => parts[parts.indexOf(name) + 1];
  const [mode, role] = [valueOf('mode'), valueOf('role')];
  if (mode === 'cluster') throw new UnsupportedServerError('cluster');
  if (mode === 'sentinel' || role === 'sentinel') throw new UnsupportedServerError('sentinel');
  if (role === 'replica' || role === 'slave') throw new UnsupportedServerError('replica');
}
