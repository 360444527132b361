import { BriefMap } from '../../common/brief-map.js';
import { CoarseClock } from '../near/coarse-clock.js';
import type { DistributedLock } from '../far/shared-lookup.js';
import { isTagKey } from '../tags/tag-key.js';

/** The result of a load. */
export interface LoadResult {
  readonly value: unknown;
  /** The value is in the cache, and each caller reads it from there. */
  readonly isStored: boolean;
  /** Another process had the value. */
  readonly isSharedHit: boolean;
}

/** What makes loads of one key differ. */
export interface LoadTerms {
  readonly isForced: boolean;
  /** The keys of the tags. */
  readonly tags: readonly string[];
}

/** A load that has not settled. */
export class InFlightLoad {
  result!: Promise<LoadResult>;
  lock?: DistributedLock;
  /** The number of callers that wait for it. */
  waiterCount = 0;
  /** Its key has not changed since it started, so that its value is stored. */
  isCurrent = true;
  /** A caller has stopped waiting for it. */
  isLate = false;
  /** Another process has changed its key since it started. */
  isOutdated = false;

  constructor(
    readonly startedAt: number,
    /** Milliseconds for which new callers join it. After that they start another load. */
    readonly joinableMs: number,
    /** Its callers want a new value even if there is a fresh one. */
    readonly isForced: boolean,
    /** The keys of its tags. */
    public tags: readonly string[],
  ) {}
}

/** The in-flight loads by key. */
export class LoadsInFlight {
  private readonly clock = new CoarseClock();
  /** A key has several loads if the first has not settled for long. Callers join the last one. */
  private readonly byKey = new BriefMap<string, readonly InFlightLoad[]>();

  /** Finds the load of a key that a caller joins. */
  find(key: string): InFlightLoad | undefined {
    const load = this.byKey.get(key)?.at(-1);
    return load !== undefined && this.ageOf(load) < load.joinableMs ? load : undefined;
  }

  start(key: string, joinableMs: number, { isForced, tags }: LoadTerms): InFlightLoad {
    const load = new InFlightLoad(this.clock.now(), joinableMs, isForced, tags);
    this.byKey.set(key, [...(this.byKey.get(key) ?? []), load]);
    return load;
  }

  /** Returns the milliseconds since a load started. */
  ageOf({ startedAt }: InFlightLoad): number {
    return this.clock.now() - startedAt;
  }

  /** Whether there is a load of a key or with a tag. */
  has(key: string): boolean {
    return this.byKey.size > 0 && this.keysOf(key).some((each) => this.byKey.has(each));
  }

  includes(key: string, load: InFlightLoad): boolean {
    return this.byKey.get(key)?.includes(load) === true;
  }

  /**
   * Discards the loads of a changed key or tag, or all: no caller joins them, their values are not stored, their locks are
   * released.
   */
  drop(key?: string, isRemote = false): void {
    // Fast path: every change of the cache calls this.
    if (this.byKey.size === 0) return;
    for (const each of this.keysOf(key)) {
      for (const load of this.byKey.get(each) ?? []) {
        load.isOutdated = isRemote;
        void load.lock?.release();
      }
      this.supersede(each);
    }
  }

  private keysOf(key: string | undefined): readonly string[] {
    if (key === undefined) return [...this.byKey.keys()];
    if (!isTagKey(key)) return [key];
    const entries = [...this.byKey].filter(([, loads]) => loads.some(({ tags }) => tags.includes(key)));
    return entries.map(([each]) => each);
  }

  /** A load has a value: the values of other loads of the key are older or not needed. */
  supersede(key: string): void {
    for (const load of this.byKey.get(key) ?? []) load.isCurrent = false;
    this.byKey.delete(key);
  }

  /** Removes a load that has settled. */
  remove(key: string, load: InFlightLoad): void {
    const others = this.byKey.get(key)?.filter((each) => each !== load) ?? [];
    if (others.length > 0) this.byKey.set(key, others);
    else this.byKey.delete(key);
  }
}
