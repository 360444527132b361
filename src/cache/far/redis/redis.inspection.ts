import type * as Redis from '@redis/client';
import { askCredentials } from './redis.credentials.js';
import { RedisHandshake, type RedisSession, destroy } from './redis.handshake.js';
import { locationOf } from './redis.location.js';
import { RedisNames } from './redis.names.js';
import { ClusterFoundError, type RedisClient, type RedisTarget } from './redis.server.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

interface OpenedSession extends RedisSession {
  /** Whether the application's hook returned what it is logged in with. */
  readonly hasOwnAccount: boolean;
  /** The URL of the server. */
  readonly url: string;
  /** How many of its Sentinels answer. */
  readonly sentinels?: { readonly answering: number; readonly all: number };
}

/** Returns why processes cannot share a cache on a server; undefined if they can, or if it is unknown. */
export async function inspectServer(
  redis: typeof Redis,
  server: RedisTarget,
  namespace: string,
  signal: AbortSignal,
): Promise<UnsupportedServerError | undefined> {
  try {
    destroy((await openSession(redis, server, namespace, signal)).client);
    return undefined;
  } catch (error) {
    return error instanceof UnsupportedServerError ? error : undefined;
  }
}

/**
 * Makes a connection as the cache does.
 *
 * @param prepare called with each client before it connects
 * @throws CacheCredentialsError, UnsupportedServerError, SentinelsUnreachableError, an error reply of the server, or a connection error
 */
export async function openSession(
  redis: typeof Redis,
  server: RedisTarget,
  namespace: string,
  signal: AbortSignal,
  prepare: (client: RedisClient) => void = () => undefined,
): Promise<OpenedSession> {
  const probe = () => new RedisNames(namespace).cleared;
  const location = locationOf(redis, server);
  const close = () => location.close();
  signal.addEventListener('abort', close, { once: true });
  try {
    const credentials = await askCredentials(server);
    signal.throwIfAborted();
    return await location.reach(async (found) => {
      const handshake = new RedisHandshake(redis, found, probe, (client) => {
        client.on('error', () => undefined);
        prepare(client);
      });
      const session = await handshake.run(signal, credentials);
      const { sentinels } = location;
      return {
        ...session,
        hasOwnAccount: credentials !== undefined,
        url: found.url,
        ...(sentinels && { sentinels }),
      };
    });
  } catch (error) {
    if (!(error instanceof ClusterFoundError) || 'sentinels' in server) throw error;
    // Each node of a cluster can say which are its masters.
    return await openSession(redis, { ...server, clusterNode: 'any' }, namespace, signal, prepare);
  } finally {
    signal.removeEventListener('abort', close);
    close();
  }
}
