import type { CacheConfig } from '../config/cache.config.js';
import { CLIENTS, cacheServerOf } from '../config/cache-server.js';
import { BoundedStore } from './bounded.store.js';
import { orMissing } from './optional-package.js';
import type { SharedTier } from './shared/shared.tier.js';

/**
 * The store of an application. What a shared tier needs is loaded where there is one.
 *
 * @throws MissingPackageError when the client of its server is not installed
 */
export async function openStore(config: CacheConfig): Promise<BoundedStore> {
  if (config.url === undefined) return new BoundedStore(config);
  const tier = await openTier(config, config.url);
  const { TieredStore } = await import('./shared/tiered.store.js');
  return new TieredStore(config, tier);
}

async function openTier(config: CacheConfig, url: string): Promise<SharedTier> {
  if (cacheServerOf(url) === 'memcached') {
    const memjs = await import('memjs').catch(orMissing('CACHE_URL on memcached', CLIENTS.memcached));
    const { MemcachedTier } = await import('./shared/memcached.tier.js');
    return new MemcachedTier(memjs, config, url);
  }
  const redis = await import('@redis/client').catch(orMissing('CACHE_URL on Redis', CLIENTS.Redis));
  const { RedisTier } = await import('./shared/redis.tier.js');
  // To the client, Valkey is Redis.
  return new RedisTier(redis, config, url.replace(/^valkey/i, 'redis'));
}
