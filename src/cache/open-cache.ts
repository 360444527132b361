import { type CacheConfig, cacheServerOf } from '../config/index.js';
import { CacheEngine } from './cache.engine.js';
import { importMemcached, importRedis, redisServer } from './far/server-access.js';
import type { SharedTier } from './far/shared.tier.js';
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
  if (config.url === undefined) return new CacheEngine(config, near, loads, undefined);
  const tier = await openTier(config, config.url);
  const { FarCache } = await import('./far/far.cache.js');
  return new CacheEngine(config, near, loads, new FarCache(tier, config.timeoutMs, near, loads));
}

async function openTier(config: CacheConfig, url: string): Promise<SharedTier> {
  if (cacheServerOf(url) === 'memcached') {
    const memjs = await importMemcached();
    const { MemcachedTier } = await import('./far/memcached/memcached.tier.js');
    return new MemcachedTier(memjs, config, url);
  }
  const { RedisTier } = await import('./far/redis/redis.tier.js');
  return new RedisTier(await importRedis(), config, redisServer(url, config));
}
