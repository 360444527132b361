import type * as Redis from '@redis/client';
import type * as Memjs from 'memjs';
import { orMissing } from '../common/optional-package.js';
import { withTimeout } from '../common/timeout.js';
import { CLIENTS, type CacheConfig, cacheServerOf } from '../config/index.js';
import { CacheEngine } from './cache.engine.js';
import type { SharedTier } from './far/shared.tier.js';
import type { UnsupportedServerError } from './far/unsupported-server.error.js';
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
  return new RedisTier(await importRedis(), config, redisUrl(url));
}

/**
 * Asks the server of a shared cache what it is, and returns why it cannot be used. Undefined if it can, if there is no
 * such server, or if it does not answer within `ms` milliseconds.
 */
export async function unsupportedServer(
  { url, namespace }: CacheConfig,
  ms: number,
): Promise<UnsupportedServerError | undefined> {
  if (url === undefined || cacheServerOf(url) !== 'Redis') return undefined;
  const { inspectServer } = await import('./far/redis/redis.inspection.js');
  const giveUp = new AbortController();
  const examining = inspectServer(await importRedis(), redisUrl(url), namespace, giveUp.signal);
  return withTimeout(examining, ms, () => new Error('no answer in time'))
    .catch(() => undefined)
    .finally(() => giveUp.abort());
}

/** @throws MissingPackageError if it is not installed */
export function importRedis(): Promise<typeof Redis> {
  return import('@redis/client').catch(orMissing('CACHE_URL on Redis', CLIENTS.Redis));
}

/** @throws MissingPackageError if it is not installed */
export function importMemcached(): Promise<typeof Memjs> {
  return import('memjs').catch(orMissing('CACHE_URL on memcached', CLIENTS.memcached));
}

/** The client does not know the scheme of Valkey. */
export function redisUrl(url: string): string {
  return url.replace(/^valkey/i, 'redis');
}
