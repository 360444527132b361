import { type CacheConfig, cacheServerOf } from '../config/index.js';
import { CacheEngine } from './cache.engine.js';
import { importMemcached, importRedis, redisServers } from './far/server-access.js';
import type { RedisServer } from './far/redis/redis.server.js';
import type { SharedCache } from './far/shared.cache.js';
import { LoadTrackers } from './near/load-trackers.js';
import { NearCache } from './near/near.cache.js';

/**
 * Opens the cache of an application. The code of the far cache is only imported if CACHE_URL is set.
 *
 * @throws MissingPackageError if the client package of the server is not installed
 */
export async function openCache(config: CacheConfig): Promise<CacheEngine> {
  const near = new NearCache(config.maxEntries, config.maxBytes);
  const loads = new LoadTrackers();
  const far = config.url === undefined ? undefined : await openFar(config, config.url, near, loads);
  return new CacheEngine(config, near, loads, far);
}

async function openFar(
  config: CacheConfig,
  url: string,
  near: NearCache,
  loads: LoadTrackers,
): Promise<SharedCache> {
  if (cacheServerOf(url) === 'memcached') {
    const memjs = await importMemcached();
    const { MemcachedTier } = await import('./far/memcached/memcached.tier.js');
    const { FarCache } = await import('./far/far.cache.js');
    return new FarCache(new MemcachedTier(memjs, config, url), config.timeoutMs, near, loads);
  }
  const [redis, servers] = [await importRedis(), redisServers(url, config)];
  if ('sentinels' in servers[0]) {
    const { RedisTier } = await import('./far/redis/redis.tier.js');
    const { FarCache } = await import('./far/far.cache.js');
    return new FarCache(new RedisTier(redis, config, servers[0]), config.timeoutMs, near, loads);
  }
  const { RedisCache } = await import('./far/cluster/redis.cache.js');
  return new RedisCache(redis, config, servers as readonly RedisServer[], near, loads);
}
