import { CACHE_MANAGER } from '@nestjs/cache-manager';
import type { FactoryProvider } from '@nestjs/common';
import { createCache, type CreateCacheOptions } from 'cache-manager';
import { BoundedStore } from './bounded.store.js';
import { KeyvStore } from './keyv.store.js';

/**
 * The cache manager on top of the bounded store. CacheModule before 3.1.3 would wrap each store in a Keyv, which stores JSON
 * under prefixed keys.
 */
export const cacheManagerProvider: FactoryProvider = {
  provide: CACHE_MANAGER,
  inject: [BoundedStore],
  useFactory: (store: BoundedStore) => {
    const stores = [new KeyvStore(store)] as unknown as NonNullable<CreateCacheOptions['stores']>;
    const manager = createCache({ stores, ttl: store.ttl });
    return Object.assign(manager, { onModuleDestroy: () => store.disconnect() });
  },
};
