import { CACHE_MANAGER } from '@nestjs/cache-manager';
import type { FactoryProvider } from '@nestjs/common';
import { createCache, type CreateCacheOptions } from 'cache-manager';
import { CacheEngine } from './cache.engine.js';
import { CacheStore } from './cache.store.js';

/**
 * The cache manager on top of the cache engine. CacheModule before 3.1.3 would wrap each store in a Keyv, which stores JSON
 * under prefixed keys.
 */
export const cacheManagerProvider: FactoryProvider = {
  provide: CACHE_MANAGER,
  inject: [CacheEngine],
  useFactory: (engine: CacheEngine) => {
    const stores = [new CacheStore(engine)] as unknown as NonNullable<CreateCacheOptions['stores']>;
    const manager = createCache({ stores, ttl: engine.ttl });
    return Object.assign(manager, { onModuleDestroy: () => engine.near.stop() });
  },
};
