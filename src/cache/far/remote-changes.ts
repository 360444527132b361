import type { LoadTrackers } from '../near/load-trackers.js';
import type { NearStore } from '../near/near.store.js';
import type { SharedCircuitBreaker } from './circuit-breaker.js';
import type { SharedReader } from './shared-reader.js';
import type { SharedWriter } from './shared-writer.js';
import type { SharedTier, SharedTierListener } from './shared.tier.js';
import type { StaleKeyRepair } from './stale-key-repair.js';
import { UnsupportedServerError } from './unsupported-server.error.js';

/** Applies changes by other processes, and lost or restored connections, to the cache of this process. */
export class RemoteChanges implements SharedTierListener {
  invalidations = 0;
  private wasReady = false;

  constructor(
    private readonly tier: SharedTier,
    private readonly breaker: SharedCircuitBreaker,
    private readonly repair: StaleKeyRepair,
    private readonly reader: SharedReader,
    private readonly writer: SharedWriter,
    private readonly near: NearStore,
    private readonly loads: LoadTrackers,
  ) {}

  ready(uncertain: readonly string[] | 'all' = []): void {
    this.dropUntracked();
    // Values set before the first connection are not lost: they are sent to the tier.
    if (this.tier.maxAge !== Infinity) this.near.dropAll();
    this.wasReady = true;
    this.breaker.connected();
    if (uncertain === 'all') this.repair.addAll();
    else if (uncertain.length > 0) this.repair.add(uncertain);
    this.repair.startOver();
    this.restored();
  }

  failed(error: unknown): void {
    this.breaker.recordFailure(error);
    // Other processes may use another server by now.
    if (error instanceof UnsupportedServerError) this.dropUntracked();
  }

  invalidated(key: string): void {
    this.invalidations++;
    this.near.delete([key]);
    this.reader.invalidate(key);
    if (this.loads.has(key)) void this.dropOutdatedLoad(key);
  }

  cleared(): void {
    this.reader.invalidate();
    this.loads.drop();
    this.near.clear();
  }

  /** The tier answers again. */
  restored(): void {
    this.writer.dropUnshared();
    this.repair.resume();
  }

  /** Drops keys, or all keys, that others may have written without an invalidation for this process. */
  purged(keys: readonly string[] | undefined): void {
    if (keys === undefined) this.cleared();
    else this.near.delete(keys);
  }

  /** Drops entries that were read on an earlier connection: their invalidations are lost. */
  private dropUntracked(): void {
    if (!this.wasReady) return;
    this.wasReady = false;
    this.reader.invalidate();
    this.near.dropAll();
  }

  /** Drops the load of a changed key, unless its entry has merely expired. */
  private async dropOutdatedLoad(key: string): Promise<void> {
    const found = await this.reader.lookup(key);
    if (found?.freshEntry !== undefined || found?.isRemoved === true) this.loads.drop(key, true);
  }
}
