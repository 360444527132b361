import type * as Redis from '@redis/client';
import { clearedName } from './redis.clearing.js';
import { RedisHandshake, destroy } from './redis.handshake.js';
import { SharedKeys } from '../shared-keys.js';
import { UnsupportedServerError } from '../unsupported-server.error.js';

/** Returns why processes cannot share a cache on a server; undefined if they can, or if it is unknown. */
export async function inspectServer(
  redis: typeof Redis,
  url: string,
  namespace: string,
  signal: AbortSignal,
): Promise<UnsupportedServerError | undefined> {
  const probe = clearedName(new SharedKeys(namespace));
  const handshake = new RedisHandshake(redis, url, probe, (client) => client.on('error', () => undefined));
  try {
    destroy((await handshake.run(signal)).client);
    return undefined;
  } catch (error) {
    return error instanceof UnsupportedServerError ? error : undefined;
  }
}
