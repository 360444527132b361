import type * as Redis from '@redis/client';
import type { CacheConfig } from '../../../config/index.js';
import type { SentinelNodes } from './redis.nodes.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

export type RedisClient = ReturnType<typeof Redis.createClient>;

/** What a connection is encrypted with, and logs in with. */
export type RedisAccess = Pick<CacheConfig, 'tls' | 'credentials'>;

/** A server at a fixed URL. */
export interface RedisServer extends RedisAccess {
  readonly url: string;
}

/** A server whose URL Sentinels know. */
export interface SentinelServer extends RedisAccess {
  readonly sentinels: SentinelNodes;
}

export type RedisTarget = RedisServer | SentinelServer;

/** Where a server is, which may change. */
export interface RedisLocation {
  /** Finds the server, and connects to it. */
  reach<T>(connect: (server: RedisServer) => Promise<T>): Promise<T>;
  /** Calls `onMoved` whenever the server is elsewhere than `reach` found it. */
  watch(onMoved: () => void): void;
  close(): void;
  /** How many of its Sentinels have answered. */
  readonly sentinels?: { readonly answering: number; readonly all: number };
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
