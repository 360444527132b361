import type * as Redis from '@redis/client';
import { RedisSentinels } from './redis.sentinels.js';
import type { RedisLocation, RedisTarget } from './redis.server.js';

/** The location of a server: fixed, or looked up by Sentinels. */
export function locationOf(redis: typeof Redis, server: RedisTarget): RedisLocation {
  if ('sentinels' in server) return new RedisSentinels(redis, server);
  return { reach: (connect) => connect(server), watch: () => undefined, close: () => undefined };
}
