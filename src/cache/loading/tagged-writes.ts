import type { CacheEngine } from '../cache.engine.js';
import type { LoadTracker } from '../near/load-trackers.js';
import type { StoragePlan } from './load-plan.js';
import { LoadTags } from './load-tags.js';
import { LoadsInFlight } from './loads-in-flight.js';
import type { ValueStorage } from './value-storage.js';

/** Stores values of the application that have tags. The tags may have to be read first; later changes win meanwhile. */
export class TaggedWrites implements LoadTracker {
  private readonly inFlight = new LoadsInFlight();

  constructor(
    private readonly engine: CacheEngine,
    private readonly storage: ValueStorage,
  ) {
    engine.loads.add(this);
  }

  has(key: string): boolean {
    return this.inFlight.has(key);
  }

  drop(key?: string): void {
    this.inFlight.drop(key);
  }

  /** Returns false if the value cannot be stored, or if its key or one of its tags has changed meanwhile. */
  async set(key: string, value: unknown, plan: StoragePlan): Promise<boolean> {
    this.engine.loads.drop(key);
    const write = this.inFlight.start(key, 0, { isForced: false, tags: plan.tags });
    try {
      const tags = new LoadTags(this.engine, write, plan);
      await tags.readFirst();
      return write.isCurrent && (await this.storage.set(key, value, plan, tags.all ?? []));
    } finally {
      this.inFlight.remove(key, write);
    }
  }
}
