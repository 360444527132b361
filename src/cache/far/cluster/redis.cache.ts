import type * as Redis from '@redis/client';
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheConfig } from '../../../config/index.js';
import type { LoadTrackers } from '../../near/load-trackers.js';
import type { Lifetime } from '../../near/lifetime.js';
import type { NearCache } from '../../near/near.cache.js';
import { FLUSH_MS } from '../flush.js';
import { FarCache } from '../far.cache.js';
import { ClusterFoundError, type RedisServer } from '../redis/redis.server.js';
import { RedisTier } from '../redis/redis.tier.js';
import type { SharedCache } from '../shared.cache.js';
import type { DistributedLock, SharedLookup } from '../shared-lookup.js';
import { type SharedSnapshot, addTotals } from '../shared.snapshot.js';
import type { ClusterCache } from './cluster.cache.js';

const POLL_MS = 10;

/** The cache that processes share on Redis: on one server, or on a cluster once a connection has found one. */
export class RedisCache implements SharedCache {
  private readonly single: FarCache;
  private cluster: ClusterCache | undefined;
  private current: SharedCache;
  /** Whether it is known what the server is. */
  private isDecided = false;
  private switching: Promise<void> | undefined;
  private isStarting = false;
  private isClosed = false;
  readonly #servers: readonly RedisServer[];

  /** @param servers a server, or several nodes of a cluster */
  constructor(
    private readonly redis: typeof Redis,
    private readonly config: CacheConfig,
    servers: readonly RedisServer[],
    private readonly near: NearCache,
    private readonly loads: LoadTrackers,
  ) {
    this.#servers = servers;
    const tier = new RedisTier(redis, config, servers[0]!, {
      mayBeSingle: servers.length === 1,
      connected: () => (this.isDecided = true),
      expects: (error) => error instanceof ClusterFoundError && this.startCluster(),
    });
    this.current = this.single = new FarCache(tier, config.timeoutMs, near, loads);
  }

  get figures(): SharedSnapshot {
    const { current, single, cluster } = this;
    const other = current === single ? cluster : single;
    return other === undefined
      ? current.figures
      : { ...current.figures, ...addTotals(current.figures, other.figures) };
  }

  open(): void {
    this.isClosed = false;
    this.current.open();
  }

  async close(waitMs = FLUSH_MS): Promise<void> {
    const until = performance.now() + waitMs;
    // Values may have been set before it is known where to send them.
    while (!this.isDecided && !this.single.isFlushed && performance.now() < until) await delay(POLL_MS);
    this.isClosed = true;
    await this.current.close(Math.max(0, until - performance.now()));
    await this.cluster?.close(0);
  }

  lookup(key: string): Promise<SharedLookup | undefined> {
    return this.isDecided ? this.current.lookup(key) : this.onceDecided((cache) => cache.lookup(key));
  }

  lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return this.isDecided ? this.current.lock(key) : this.onceDecided((cache) => cache.lock(key));
  }

  set(key: string, value: unknown, lifetime: Lifetime): Promise<boolean> {
    return this.current.set(key, value, lifetime);
  }

  setLoaded(...loaded: Parameters<SharedCache['setLoaded']>): Promise<boolean> {
    return this.current.setLoaded(...loaded);
  }

  delete(keys: readonly string[]): Promise<boolean> {
    return this.current.delete(keys);
  }

  clear(): Promise<void> {
    return this.current.clear();
  }

  /** A call that has waited for the first connection is repeated on the cluster that the connection found. */
  private async onceDecided<T>(call: (cache: SharedCache) => Promise<T | undefined>): Promise<T | undefined> {
    const found = await call(this.current);
    if (found !== undefined || this.switching === undefined) return found;
    await this.switching;
    return call(this.current);
  }

  private startCluster(): true {
    if (this.isClosed || this.isStarting) return true;
    this.isStarting = true;
    void this.useCluster();
    return true;
  }

  private async useCluster(): Promise<void> {
    const { ClusterCache: Cluster } = await import('./cluster.cache.js');
    const { redis, config, near, loads } = this;
    const cluster = new Cluster({ redis, config, near, loads }, this.#servers);
    this.cluster = cluster;
    if (this.isClosed) return;
    cluster.open();
    await cluster.ready;
    if (this.isClosed) return;
    this.switching = this.switchTo(cluster);
  }

  /** What could not be sent until now is sent to the masters. */
  private async switchTo(cluster: ClusterCache): Promise<void> {
    const changes = await this.single.retire();
    // Without invalidations, what was set until now would be stored for too long.
    if (!cluster.isTracked) this.near.dropAll();
    this.current = cluster;
    this.isDecided = true;
    cluster.adopt(changes);
  }
}
