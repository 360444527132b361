import type { Lifetime } from '../near/bounded-entries.js';
import { decodeEntry, isTombstone, markOf } from './shared-entry.js';
import type { SharedGuard } from './shared.guard.js';
import { SharedReading } from './shared-reading.js';
import type { SharedTier } from './shared.tier.js';

/** Looks at one key that is changed all the time, before it is given up. */
const MAX_LOOKS = 3;

/** Reads from the shared tier, once at a time for each key, however many ask. */
export class SharedReader {
  readonly counts = { hits: 0, misses: 0, corrupt: 0 };

  private readonly looks = new Map<string, Promise<SharedReading | undefined>>();
  /** Keys that were changed while somebody looks at them. */
  private readonly outdated = new Set<string>();

  constructor(
    private readonly tier: SharedTier,
    private readonly guard: SharedGuard,
    private readonly here: { keep(key: string, value: unknown, lifetime: Lifetime): unknown },
  ) {}

  /** What is there; undefined where the tier cannot be asked. What is found is kept. */
  look(key: string): Promise<SharedReading | undefined> {
    const present = this.looks.get(key);
    if (present !== undefined) return present;
    if (!this.guard.mayAnswer) return Promise.resolve(undefined);
    const reading = this.read(key);
    this.looks.set(key, reading);
    return reading;
  }

  /** A key was changed, or all were: what is being read may be what was there before, so it is read again. */
  outdate(key?: string): void {
    if (key === undefined) for (const each of this.looks.keys()) this.outdated.add(each);
    else if (this.looks.has(key)) this.outdated.add(key);
  }

  private async read(key: string): Promise<SharedReading | undefined> {
    try {
      for (let looks = 1; ; looks++) {
        this.outdated.delete(key);
        const answer = await this.guard.run(() => this.tier.get(key));
        if (answer === undefined) return undefined;
        if (!this.outdated.has(key)) return this.readingOf(key, answer.value);
        if (looks === MAX_LOOKS) return new SharedReading(markOf(answer.value), false);
      }
    } finally {
      this.outdated.delete(key);
      this.looks.delete(key);
    }
  }

  private readingOf(key: string, bytes: Buffer | null): SharedReading {
    const isRemoved = bytes !== null && isTombstone(bytes);
    const found = bytes === null || isRemoved ? undefined : decodeEntry(key, bytes);
    if (bytes !== null && !isRemoved && found === undefined) this.counts.corrupt++;
    const now = Date.now();
    if (found === undefined || found.expires <= now) {
      this.counts.misses++;
      return new SharedReading(markOf(bytes), isRemoved);
    }
    const { value, freshUntil, expires } = found;
    this.counts[freshUntil > now ? 'hits' : 'misses']++;
    const grace = freshUntil === Infinity ? 0 : expires - freshUntil;
    const entry = this.here.keep(key, value, { fresh: freshUntil - now, grace, kept: this.tier.maxAge });
    return new SharedReading(markOf(bytes), false, entry, freshUntil, expires);
  }
}
