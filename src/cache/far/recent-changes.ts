import { BoundedKeys } from './bounded-keys.js';

/** As long as a primary with `min-replicas-max-lag 10` may go on without its replicas, and a failover that follows. */
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
    this.forgetOld();
    this.recent.add(keys);
  }

  addAll(): void {
    this.forgetOld();
    this.recent.addAll();
  }

  /** The keys; 'all' if all may have changed. */
  get keys(): readonly string[] | 'all' {
    this.forgetOld();
    if (this.recent.isAll || this.older.isAll) return 'all';
    return [...this.recent.first(Infinity), ...this.older.first(Infinity)];
  }

  private forgetOld(): void {
    const age = performance.now() - this.since;
    if (age < KEPT_MS) return;
    this.older = age < 2 * KEPT_MS ? this.recent : new BoundedKeys();
    this.recent = new BoundedKeys();
    this.since = performance.now();
  }
}
