import type * as Redis from '@redis/client';
import type * as Memjs from 'memjs';
import type { FleetStore } from '../../common/fleet-store.js';
import { orMissing } from '../../common/optional-package.js';
import { withTimeout } from '../../common/timeout.js';
import { CLIENTS, type CacheConfig, cacheServerOf, isSentinelUrl } from '../../config/index.js';
import { nodesOf, sentinelNodesOf } from './redis/redis.nodes.js';
import type { RedisServer, RedisTarget, SentinelServer } from './redis/redis.server.js';
import type { UnsupportedServerError } from './unsupported-server.error.js';

/**
 * Asks the server of a shared cache what it is, and returns why it cannot be used. Undefined if it can, if there is no
 * such server, or if it does not answer within `ms` milliseconds.
 */
export async function unsupportedServer(
  cache: CacheConfig,
  ms: number,
): Promise<UnsupportedServerError | undefined> {
  const { url, namespace } = cache;
  if (url === undefined || cacheServerOf(url) !== 'Redis') return undefined;
  const { inspectServer } = await import('./redis/redis.inspection.js');
  const giveUp = new AbortController();
  const examining = inspectServer(await importRedis(), redisServer(url, cache), namespace, giveUp.signal);
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

/** A server on Redis or Valkey, and how to connect to it. Of several hosts, the first. */
export function redisServer(url: string, config: CacheConfig): RedisTarget {
  return redisServers(url, config)[0];
}

/** The servers on Redis or Valkey that a URL names: several are nodes of a cluster. */
export function redisServers(
  url: string,
  { tls, credentials }: CacheConfig,
): readonly [SentinelServer] | readonly RedisServer[] {
  const access = { ...(tls && { tls }), ...(credentials && { credentials }) };
  if (isSentinelUrl(url)) return [{ ...access, sentinels: sentinelNodesOf(url) }];
  const nodes = nodesOf(url);
  const cluster = nodes.length > 1 ? { clusterNode: 'any' as const } : {};
  return nodes.map((node) => ({ ...access, ...cluster, url: node }));
}

/** Opens where workers report, on the server of a CACHE_URL that is not memcached. It connects when it is used. */
export async function openFleetStore(config: CacheConfig): Promise<FleetStore> {
  const [redis, { RedisFleet }] = await Promise.all([importRedis(), import('./cluster/redis.fleet.js')]);
  return new RedisFleet(redis, config, redisServers(config.url!, config));
}
