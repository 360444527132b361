import { BoundedKeys } from './bounded-keys.js';

/** How long a primary with `min-replicas-max-lag 10` may accept changes without its replicas, and the failover after that. */
const KEPT_MS = 15_000;

/**
 * The keys of acknowledged changes that a failover may have undone, because replication is asynchronous: those of the last 15 to
 * 30 s.
 */
export class RecentChanges {
  private recent = new BoundedKeys();
  private older = new BoundedKeys();
  private since = performance.now();

  add(keys: readonly string[]): void {
    this.dropOld();
    this.recent.add(keys);
  }

  addAll(): void {
    this.dropOld();
    this.recent.addAll();
  }

  /** The keys; 'all' if all may have changed. */
  get keys(): readonly string[] | 'all' {
    this.dropOld();
    if (this.recent.isAll || this.older.isAll) return 'all';
    return [...this.recent.first(Infinity), ...this.older.first(Infinity)];
  }

  private dropOld(): void {
    const age = performance.now() - this.since;
    if (age < KEPT_MS) return;
    this.older = age < 2 * KEPT_MS ? this.recent : new BoundedKeys();
    this.recent = new BoundedKeys();
    this.since = performance.now();
  }
}
