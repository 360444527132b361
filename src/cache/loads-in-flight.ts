import { CoarseClock } from './near/coarse-clock.js';
import type { DistributedLock } from './far/shared-lookup.js';

/** What a load comes to. */
export interface LoadResult {
  readonly value: unknown;
  /** It is in the cache, from where each caller reads it. */
  readonly isStored: boolean;
  /** Another process had it. */
  readonly isSharedHit: boolean;
}

/** A load in flight. */
export class InFlightLoad {
  result!: Promise<LoadResult>;
  lock?: DistributedLock;
  /** How many callers wait for it. */
  waiterCount = 0;
  /** Its key has not changed since it began, so that what it loads is kept. */
  isCurrent = true;
  /** A caller has given it up. */
  isLate = false;

  constructor(
    readonly startedAt: number,
    /** Milliseconds for which callers join it instead of starting another one. */
    readonly joinableMs: number,
  ) {}
}

/** The loads in flight, by their keys. */
export class LoadsInFlight {
  private readonly clock = new CoarseClock();
  /** Of one key there is more than one where the first has not settled for long. The last one is joined. */
  private readonly byKey = new Map<string, readonly InFlightLoad[]>();

  /** The load of a key that a caller joins. */
  find(key: string): InFlightLoad | undefined {
    const load = this.byKey.get(key)?.at(-1);
    return load !== undefined && this.ageOf(load) < load.joinableMs ? load : undefined;
  }

  start(key: string, joinableMs: number): InFlightLoad {
    const load = new InFlightLoad(this.clock.now(), joinableMs);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), load]);
    return load;
  }

  /** Milliseconds for which a load has been running. */
  ageOf({ startedAt }: InFlightLoad): number {
    return this.clock.now() - startedAt;
  }

  has(key: string): boolean {
    return this.byKey.has(key);
  }

  /** A key has changed, or all have: nobody joins its loads, keeps what they load, or waits for their locks. */
  drop(key?: string): void {
    // Every change of the cache comes by here.
    if (this.byKey.size === 0) return;
    for (const each of key === undefined ? [...this.byKey.keys()] : [key]) {
      for (const { lock } of this.byKey.get(each) ?? []) void lock?.release();
      this.supersede(each);
    }
  }

  /** A load has come to a value: what other loads of the key come to is older, or not needed. */
  supersede(key: string): void {
    for (const load of this.byKey.get(key) ?? []) load.isCurrent = false;
    this.byKey.delete(key);
  }

  /** A load has settled. */
  remove(key: string, load: InFlightLoad): void {
    const others = this.byKey.get(key)?.filter((each) => each !== load) ?? [];
    if (others.length > 0) this.byKey.set(key, others);
    else this.byKey.delete(key);
  }
}
