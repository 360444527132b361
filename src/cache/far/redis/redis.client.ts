import type * as Redis from '@redis/client';
import type { RedisClient } from './redis.server.js';

const templates = new WeakMap<typeof Redis, RedisClient>();

/**
 * Creates a client that neither reconnects nor queues commands while it is not connected. `createClient()` compiles a class
 * with all commands whenever its options change, which blocks the process; `duplicate()` reuses that class.
 */
export function createRedisClient(redis: typeof Redis, options: object, socket: object): RedisClient {
  let template = templates.get(redis);
  if (template === undefined) {
    template = redis.createClient({ disableOfflineQueue: true, maintNotifications: 'disabled' });
    templates.set(redis, template);
  }
  return template.duplicate({ ...options, socket: { ...socket, reconnectStrategy: false } });
}
