import { UNTRACKED_MAX_AGE_MS } from '../shared.tier.js';
import type { RedisConnection } from '../redis/redis.connection.js';
import { RedisNames } from '../redis/redis.names.js';
import { NO_TOTALS, type SharedSnapshot, type SharedTotals, addTotals } from '../shared.snapshot.js';
import type { PendingChanges } from '../stale-key-repair.js';
import { clusterFigures } from './cluster.figures.js';
import { type ClusterContext, Master, type MasterEvents } from './master.js';
import { splitChanges } from './pending-parts.js';
import { dropWhere } from './near-part.js';
import { type MovedSlots, SlotOwners } from './slot-owners.js';
import { slotOf } from './slots.js';
import { type NodeAddress, type Topology, addressText } from './topology.js';

/** How long an older topology is ignored: later, the epochs of a cluster may have begun again. */
const OLDER_IGNORED_MS = 10_000;
/** How long a master without slots stays connected after a reply has led to it. */
const ASKED_MS = 10_000;
/** How long after a clear a master that gains slots is cleared again: it may hold keys that were moved meanwhile. */
const CLEARED_MS = 10_000;
const DROP_MS = 100;

/** The masters of a cluster and their slots. */
export class ClusterMasters implements MasterEvents {
  /** Incremented whenever slots move. */
  version = 0;
  /** Totals of masters that are no longer in use. */
  private retired: SharedTotals = NO_TOTALS;

  private readonly names: RedisNames;
  private readonly owners = new SlotOwners<Master>();
  private readonly masters = new Map<string, Master>();
  private epoch = 0;
  private known = '';
  private acceptedAt = -Infinity;
  private clearedAt = -Infinity;
  /** Whether pending changes may be with a master that no longer has their slots. */
  private hasMisplaced = false;
  /** Slots whose keys are being moved, and until when they count as such. */
  private readonly movingUntil = new Map<number, number>();
  private dropping: Set<number> | undefined;
  private isOpen = false;
  // Holds the password: private names are not printed with the object.
  readonly #context: ClusterContext;

  /** @param onOutdated called if the topology is likely to have changed */
  constructor(
    context: ClusterContext,
    private readonly onOutdated: () => void,
  ) {
    this.#context = context;
    this.names = new RedisNames(context.config.namespace);
  }

  get all(): readonly Master[] {
    return [...this.masters.values()];
  }

  get figures(): SharedSnapshot {
    return clusterFigures(this.owning, this.retired);
  }

  /** Those that have slots. */
  get owning(): readonly Master[] {
    return this.all.filter(({ slots }) => slots.count > 0);
  }

  of(key: string): Master {
    return this.owners.at(this.slotOfKey(key)) ?? this.all[0]!;
  }

  open(): void {
    this.isOpen = true;
    for (const { cache } of this.all) cache.open();
  }

  async close(waitMs?: number): Promise<void> {
    this.isOpen = false;
    await Promise.all(this.all.map(({ cache }) => cache.close(waitMs)));
  }

  /** All masters have been cleared. */
  cleared(): void {
    this.clearedAt = performance.now();
  }

  /** Adopts the topology that a node reports, unless a newer one was adopted shortly before. */
  apply({ epoch, masters }: Topology): void {
    const now = performance.now();
    if (masters.length === 0 || (epoch < this.epoch && now - this.acceptedAt < OLDER_IGNORED_MS)) return;
    this.epoch = epoch;
    this.acceptedAt = now;
    const text = JSON.stringify(masters);
    if (text !== this.known) {
      this.known = text;
      const owned = masters.map(({ id, ranges, ...address }) => ({ master: this.at(address, id), ranges }));
      const ranges = owned.flatMap(({ master, ranges: all }) =>
        all.map(([first, last]) => [master, first, last] as const),
      );
      this.moved(this.owners.assign(ranges));
    }
    if (this.hasMisplaced)
      for (const master of this.all) this.adopt({ ...this.releaseMisplaced(master), isAll: false });
    this.hasMisplaced = false;
    for (const master of this.all) {
      if (master.slots.count === 0 && now - master.askedAt > ASKED_MS) this.retire(master, []);
    }
  }

  /** Gives changes to the masters of their keys. @param gainers those that are cleared if any key may be stale */
  adopt(changes: PendingChanges, gainers: Iterable<Master> = this.all): void {
    const parts = splitChanges(changes, (key) => this.of(key), gainers);
    for (const [{ cache }, part] of parts) cache.adopt(part);
  }

  maxAgeOf(master: Master, key: string): number | undefined {
    const slot = this.slotOfKey(key);
    if (this.owners.at(slot) !== master) return undefined;
    return this.isMoving(slot) ? UNTRACKED_MAX_AGE_MS : Infinity;
  }

  /** Until the slot has moved, invalidations of its keys come from two masters, and entries are stored for a short time. */
  moving(slot: number, to: NodeAddress): RedisConnection {
    if (!this.isMoving(slot)) this.dropSoon(slot);
    this.movingUntil.set(slot, performance.now() + UNTRACKED_MAX_AGE_MS);
    const master = this.at(to, '');
    master.askedAt = performance.now();
    return master.connection;
  }

  outdated(): void {
    this.hasMisplaced = true;
    this.onOutdated();
  }

  private moved(slots: MovedSlots<Master>): void {
    const { summary } = this.owners;
    for (const master of this.all) {
      master.setSlots(summary.get(master) ?? { first: master.slots.first, count: 0 });
    }
    if (slots.isEmpty) return;
    this.version++;
    dropWhere(this.#context.near, (key) => slots.has(this.slotOfKey(key)));
    for (const slot of this.movingUntil.keys()) if (slots.has(slot)) this.movingUntil.delete(slot);
    if (performance.now() - this.clearedAt < CLEARED_MS) {
      this.clearedAt = -Infinity;
      for (const { cache } of slots.gainers) cache.adopt({ isAll: true, keys: [], unsent: [] });
    }
    for (const loser of slots.losers) {
      loser.cache.invalidateLookups();
      this.adopt(this.releaseMisplaced(loser), slots.gainers);
      if (loser.slots.count === 0) this.retire(loser, slots.gainers);
    }
  }

  /** Its successor may lack the last changes, among them the marks that keep outdated loads from being stored. */
  private retire(master: Master, gainers: Iterable<Master>): void {
    this.masters.delete(master.addressText);
    this.retired = addTotals(this.retired, master.figures);
    this.#context.loads.drop();
    this.adopt(master.uncertain, gainers);
    void master.cache.retire().then((changes) => this.adopt(changes, gainers));
  }

  /** Removes and returns the changes of a master that belong to others. */
  private releaseMisplaced(master: Master): PendingChanges {
    return master.cache.release((key) => this.of(key) === master);
  }

  private slotOfKey(key: string): number {
    return slotOf(this.names.nameOf(key));
  }

  private isMoving(slot: number): boolean {
    return this.movingUntil.size > 0 && (this.movingUntil.get(slot) ?? 0) > performance.now();
  }

  /** Drops entries of a slot that were stored before it was known to move, together with those of other slots. */
  private dropSoon(slot: number): void {
    if (this.dropping === undefined) {
      const slots = (this.dropping = new Set());
      setTimeout(() => {
        this.dropping = undefined;
        dropWhere(this.#context.near, (key) => slots.has(this.slotOfKey(key)));
      }, DROP_MS).unref();
    }
    this.dropping.add(slot);
  }

  private at(address: NodeAddress, id: string): Master {
    const known = this.masters.get(addressText(address));
    if (known !== undefined) {
      if (id !== '') known.id = id;
      return known;
    }
    const master = new Master(id, address, this.#context, this);
    this.masters.set(master.addressText, master);
    if (this.isOpen) master.cache.open();
    return master;
  }
}
