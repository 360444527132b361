import type * as Redis from '@redis/client';
import type { CacheConfig } from '../../../config/index.js';
import type { SentinelNodes } from './redis.nodes.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

export type RedisClient = ReturnType<typeof Redis.createClient>;

/** The certificates and the credentials of a connection. */
export type RedisAccess = Pick<CacheConfig, 'tls' | 'credentials'>;

/** A server at a fixed URL. */
export interface RedisServer extends RedisAccess {
  readonly url: string;
  /** The node of a cluster that it must be. Default: it must not be part of a cluster. */
  readonly clusterNode?: 'master' | 'any';
}

/** A server that was used as a single one is a node of a cluster. */
export class ClusterFoundError extends Error {
  readonly code = 'REDIS_CLUSTER';

  constructor() {
    super('the server is a node of a Redis Cluster');
    this.name = 'ClusterFoundError';
  }
}

/** A master of a cluster has become a replica. */
export class DemotedMasterError extends Error {
  readonly code = 'DEMOTED';

  constructor() {
    super('the master has become a replica');
    this.name = 'DemotedMasterError';
  }
}

/** A server whose address Sentinels know. */
export interface SentinelServer extends RedisAccess {
  readonly sentinels: SentinelNodes;
}

export type RedisTarget = RedisServer | SentinelServer;

/** The location of a server, which may change. */
export interface RedisLocation {
  /** Finds the server, and connects to it. */
  reach<T>(connect: (server: RedisServer) => Promise<T>): Promise<T>;
  /** Calls `onMoved` whenever the server is elsewhere than `reach` found it. */
  watch(onMoved: () => void): void;
  close(): void;
  /** How many of its Sentinels have answered. */
  readonly sentinels?: { readonly answering: number; readonly all: number };
}

/** Detects the kind of a server, for `requirePrimary`: one without HELLO supports one of the other commands, or none. */
export async function requirePrimaryAt(
  client: RedisClient,
  require: (hello: unknown) => void,
): Promise<void> {
  const [hello, role, cluster] = await Promise.allSettled([
    client.sendCommand(['HELLO', '2']),
    client.sendCommand<unknown[]>(['ROLE']),
    client.sendCommand(['READWRITE']),
  ]);
  if (hello.status === 'fulfilled') return require(hello.value);
  if (cluster.status === 'fulfilled') require(['mode', 'cluster']);
  if (role.status === 'fulfilled') require(['role', role.value[0]]);
}

/**
 * @param hello the reply of HELLO, as a list of names and values or as an object
 * @throws UnsupportedServerError, ClusterFoundError, DemotedMasterError
 */
export function requirePrimary(hello: unknown, clusterNode?: RedisServer['clusterNode']): void {
  const parts: unknown[] = Array.isArray(hello) ? hello : Object.entries(hello ?? {}).flat();
  const valueOf = (name: string) => parts[parts.indexOf(name) + 1];
  const [mode, role] = [valueOf('mode'), valueOf('role')];
  if (mode === 'cluster' && clusterNode === undefined) throw new ClusterFoundError();
  if (mode === 'standalone' && clusterNode !== undefined) throw new UnsupportedServerError('no-cluster');
  if (mode === 'sentinel' || role === 'sentinel') throw new UnsupportedServerError('sentinel');
  if (clusterNode === 'any' || (role !== 'replica' && role !== 'slave')) return;
  throw clusterNode === 'master' ? new DemotedMasterError() : new UnsupportedServerError('replica');
}
