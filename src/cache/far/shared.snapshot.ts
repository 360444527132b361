/** Figures of the shared cache. */
export interface SharedSnapshot {
  /** Lookups that found a fresh entry. */
  readonly hits: number;
  /** Lookups that found no fresh entry. */
  readonly misses: number;
  /** Calls that took longer than CACHE_TIMEOUT_MS. */
  readonly timeouts: number;
  /** Calls that failed for another reason, and failed connection attempts. */
  readonly errors: number;
  /** Entries that could not be decoded. */
  readonly corrupt: number;
  /** Invalidations received from the server. */
  readonly invalidations: number;
  /**
   * The state of the circuit breaker. 'open': the server did not answer, so no calls are sent to it. In a cluster, the worst
   * state of all masters.
   */
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Whether the server is connected and answers; in a cluster, whether all masters do. */
  readonly isConnected: boolean;
  /** The masters of a cluster, by their first slots. Absent for a single server. */
  readonly masters?: readonly MasterSnapshot[];
}

/** The figures that never decrease. */
export type SharedTotals = Omit<SharedSnapshot, 'breaker' | 'isConnected' | 'masters'>;

export const NO_TOTALS: SharedTotals = {
  hits: 0,
  misses: 0,
  timeouts: 0,
  errors: 0,
  corrupt: 0,
  invalidations: 0,
};

export function addTotals(one: SharedTotals, other: SharedTotals): SharedTotals {
  return {
    hits: one.hits + other.hits,
    misses: one.misses + other.misses,
    timeouts: one.timeouts + other.timeouts,
    errors: one.errors + other.errors,
    corrupt: one.corrupt + other.corrupt,
    invalidations: one.invalidations + other.invalidations,
  };
}

/** Figures of one master of a cluster. */
export interface MasterSnapshot {
  /** The id of the node, as `CLUSTER NODES` shows it. */
  readonly id: string;
  /** The number of slots that it has. */
  readonly slots: number;
  /** Calls to it that took longer than CACHE_TIMEOUT_MS. */
  readonly timeouts: number;
  /** Calls to it that failed for another reason, and failed connection attempts. */
  readonly errors: number;
  /** The state of its circuit breaker. */
  readonly breaker: SharedSnapshot['breaker'];
  /** Whether it is connected and answers. */
  readonly isConnected: boolean;
}
