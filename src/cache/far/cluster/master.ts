import type * as Redis from '@redis/client';
import type { CacheConfig } from '../../../config/index.js';
import type { LoadTrackers } from '../../near/load-trackers.js';
import type { NearCache } from '../../near/near.cache.js';
import type { BreakerOptions } from '../circuit-breaker.js';
import { FarCache } from '../far.cache.js';
import type { RedisConnection } from '../redis/redis.connection.js';
import { DemotedMasterError, type RedisServer } from '../redis/redis.server.js';
import { RedisTier } from '../redis/redis.tier.js';
import type { PendingChanges } from '../stale-key-repair.js';
import type { MasterSnapshot, SharedSnapshot } from '../shared.snapshot.js';
import { ClusterNames } from './cluster.names.js';
import { NearPart } from './near-part.js';
import { RedirectingCommands, type Redirects } from './redirecting.commands.js';
import { type NodeAddress, type Topology, addressText, nodeServer, readTopology } from './topology.js';

/** What all masters of a cluster share. */
export interface ClusterContext {
  readonly redis: typeof Redis;
  readonly config: CacheConfig;
  /** How to connect to a node: any URL of the cluster. */
  readonly server: RedisServer;
  readonly near: NearCache;
  readonly loads: LoadTrackers;
  readonly warned: { isUntracked: boolean };
  /** Where failures of a master are logged. */
  readonly logOf: (master: Master) => NonNullable<BreakerOptions['log']>;
}

/** The callbacks of a master to its cluster. */
export interface MasterEvents extends Pick<Redirects, 'moving' | 'outdated'> {
  /** See NearPart. */
  maxAgeOf(master: Master, key: string): number | undefined;
}

/** A master of a cluster, with a connection, a circuit breaker and a repair of its own. */
export class Master {
  readonly cache: FarCache;
  /** Resolves after the first attempt to connect. */
  readonly attempted: Promise<void>;
  /** The slots that it has. */
  slots = { first: 0, count: 0 };
  /** When a reply last redirected to it, which happens before it has slots. */
  askedAt = -Infinity;

  readonly #tier: RedisTier;
  #connection!: RedisConnection;

  /** @param id of the node; empty until the topology has it */
  constructor(
    public id: string,
    readonly address: NodeAddress,
    { redis, config, server, near, loads, warned, logOf }: ClusterContext,
    events: MasterEvents,
  ) {
    const part = new NearPart(near, (key) => events.maxAgeOf(this, key));
    let attempted!: () => void;
    this.attempted = new Promise((resolve) => (attempted = resolve));
    this.#tier = new RedisTier(redis, config, nodeServer(server, address), {
      warned,
      names: new ClusterNames(config.namespace, () => this.slots.first),
      commandsOn: (connection) => {
        this.#connection = connection;
        return new RedirectingCommands(connection, {
          host: address.host,
          moving: (slot, to) => events.moving(slot, to),
          outdated: () => events.outdated(),
        });
      },
      connected: () => attempted(),
      expects: (error) => {
        attempted();
        events.outdated();
        if (error instanceof DemotedMasterError) part.dropAll();
        return false;
      },
    });
    // Calls have waited for the cluster: a master that is connected later delays none.
    this.cache = new FarCache(this.#tier, config.timeoutMs, part, loads, {
      log: logOf(this),
      firstWaitMs: 0,
    });
  }

  get connection(): RedisConnection {
    return this.#connection;
  }

  get addressText(): string {
    return addressText(this.address);
  }

  /** Whether the server sends invalidations. */
  get isTracked(): boolean {
    return this.#tier.maxAge === Infinity;
  }

  get isUsable(): boolean {
    return this.cache.figures.isConnected;
  }

  get figures(): SharedSnapshot {
    return this.cache.figures;
  }

  get snapshot(): MasterSnapshot {
    const { timeouts, errors, breaker, isConnected } = this.figures;
    return Object.freeze({ id: this.id, slots: this.slots.count, timeouts, errors, breaker, isConnected });
  }

  /** The changes that a replica may lack if it becomes the master. */
  get uncertain(): PendingChanges {
    const keys = this.#tier.uncertainKeys;
    return keys === 'all' ? { isAll: true, keys: [], unsent: [] } : { isAll: false, keys, unsent: [] };
  }

  setSlots(slots: { readonly first: number; readonly count: number }): void {
    const isClearKeyMoved = slots.first !== this.slots.first;
    this.slots = slots;
    if (isClearKeyMoved) this.#tier.trackClears();
  }

  readTopology(): Promise<Topology> {
    return readTopology(this.#connection, this.address.host);
  }
}
