import type { Lifetime } from '../../near/lifetime.js';
import { OutageLog, type OutageText } from '../outage-log.js';
import type { RedisServer } from '../redis/redis.server.js';
import type { SharedCache } from '../shared.cache.js';
import type { DistributedLock, SharedLookup } from '../shared-lookup.js';
import type { SharedSnapshot } from '../shared.snapshot.js';
import type { PendingChanges } from '../stale-key-repair.js';
import { ClusterMasters } from './cluster.masters.js';
import { askCluster } from './cluster.seeds.js';
import type { ClusterContext, Master } from './master.js';
import { TopologyWatch } from './topology-watch.js';

/** The most attempts to clear all masters while slots move. */
const MAX_CLEARS = 3;

/** The cache that processes share on a cluster: each master has a part of the keys, and is used as a single server is. */
export class ClusterCache implements SharedCache {
  /** Resolves once the masters are known, and each has been tried. */
  readonly ready: Promise<void>;

  private readonly masters: ClusterMasters;
  private readonly watch: TopologyWatch;
  private readonly log: OutageLog;
  private failures = 0;
  /** Masters that have failed since the last line of the log. */
  private readonly failing = new Set<Master>();

  /** @param seeds nodes of the cluster */
  constructor(context: Omit<ClusterContext, 'logOf' | 'server' | 'warned'>, seeds: readonly RedisServer[]) {
    this.log = new OutageLog(
      () => this.masters.figures.isConnected,
      () => this.describeOutage(),
    );
    // The masters share the log, so one that is retired does not close it.
    const logOf = (master: Master) => ({
      record: (error: unknown) => {
        this.failing.add(master);
        this.log.record(error);
      },
      close: () => undefined,
    });
    const common = { ...context, server: seeds[0]!, warned: { isUntracked: false }, logOf };
    this.masters = new ClusterMasters(common, () => this.watch.refresh());
    let found!: () => void;
    const known = new Promise<void>((resolve) => (found = resolve));
    this.watch = new TopologyWatch(
      () => askCluster(common, seeds, this.masters.all),
      (topology) => {
        this.masters.apply(topology);
        if (this.masters.all.length > 0) found();
      },
      (error) => {
        this.failures++;
        this.log.record(error);
      },
    );
    this.ready = this.untilTried(known);
  }

  get figures(): SharedSnapshot {
    const figures = this.masters.figures;
    return { ...figures, errors: figures.errors + this.failures };
  }

  /** Whether all servers send invalidations. */
  get isTracked(): boolean {
    return this.masters.all.every(({ isTracked }) => isTracked);
  }

  open(): void {
    this.watch.open();
    this.masters.open();
  }

  async close(waitMs?: number): Promise<void> {
    await this.masters.close(waitMs);
    this.watch.close();
    this.log.close();
  }

  lookup(key: string): Promise<SharedLookup | undefined> {
    return this.masters.of(key).cache.lookup(key);
  }

  lock(key: string): Promise<DistributedLock | 'taken' | undefined> {
    return this.masters.of(key).cache.lock(key);
  }

  set(key: string, value: unknown, lifetime: Lifetime): Promise<boolean> {
    return this.masters.of(key).cache.set(key, value, lifetime);
  }

  setLoaded(...loaded: Parameters<SharedCache['setLoaded']>): Promise<boolean> {
    return this.masters.of(loaded[0]).cache.setLoaded(...loaded);
  }

  async delete(keys: readonly string[]): Promise<boolean> {
    const parts = new Map<Master, string[]>();
    for (const key of keys) {
      const master = this.masters.of(key);
      const part = parts.get(master);
      if (part === undefined) parts.set(master, [key]);
      else part.push(key);
    }
    const were = await Promise.all([...parts].map(([{ cache }, part]) => cache.delete(part)));
    return were.some(Boolean);
  }

  async clear(): Promise<void> {
    for (let clears = 0; clears < MAX_CLEARS; clears++) {
      const { version, owning } = this.masters;
      await Promise.all(owning.map(({ cache }) => cache.clear()));
      if (version === this.masters.version) break;
    }
    this.masters.cleared();
  }

  /** Takes over changes that were made before the cluster was known. */
  adopt(changes: PendingChanges): void {
    this.masters.adopt(changes);
  }

  private async untilTried(known: Promise<void>): Promise<void> {
    await known;
    await Promise.all(this.masters.all.map(({ attempted }) => attempted));
  }

  private describeOutage(): OutageText {
    const { owning } = this.masters;
    const down = owning.filter((master) => !master.isUsable || this.failing.has(master)).length;
    this.failing.clear();
    if (down === 0 || down === owning.length) return ['The shared cache fails', ''];
    return [
      `The shared cache fails on ${down} of ${owning.length} masters of the cluster`,
      ' for their keys',
    ];
  }
}
