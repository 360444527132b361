import type { CacheEngine } from '../cache.engine.js';
import type { EntryTag } from '../near/cache-entry.js';
import { entryTagKeys, tagKeys } from '../tags/tag-key.js';
import { type StoragePlan, tagMsOf } from './load-plan.js';
import type { LoadContext } from './loading.options.js';
import type { InFlightLoad } from './loads-in-flight.js';

/** The tags of a load with their generations: those of its options, and those that its function adds. */
export class LoadTags implements LoadContext {
  private readonly known = new Map<string, EntryTag>();
  private pending = 0;

  constructor(
    private readonly engine: CacheEngine,
    private readonly load: InFlightLoad,
    private readonly plan: StoragePlan,
  ) {}

  /** Undefined if the function did not wait for a tag: it may have read its source before the tag. */
  get all(): readonly EntryTag[] | undefined {
    return this.pending === 0 ? [...this.known.values()] : undefined;
  }

  /** Reads the tags of the options: synchronous if all of them are in this process. */
  readFirst(): void | Promise<void> {
    return this.read(this.load.tags);
  }

  // Not a method, so that a load function may destructure it.
  readonly tag = async (...tags: string[]): Promise<void> => {
    const keys = tagKeys(tags);
    // From here on a change of the tag discards the load.
    this.load.tags = entryTagKeys(tags, this.load.tags);
    this.pending++;
    await this.read(keys);
    this.pending--;
  };

  private read(keys: readonly string[]): void | Promise<void> {
    if (keys.length === 0) return;
    const tags = this.engine.readTags(keys, tagMsOf(this.plan, this.engine.ttl));
    return tags instanceof Promise ? tags.then((read) => this.add(read)) : this.add(tags);
  }

  private add(tags: readonly EntryTag[]): void {
    // The first generation counts: the source may have been read since.
    for (const tag of tags) if (!this.known.has(tag[0])) this.known.set(tag[0], tag);
  }
}
