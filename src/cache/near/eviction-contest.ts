import { EvictionModel } from './eviction-model.js';

/** The share of the entries in the sample, and the bounds of their number. */
const SAMPLE_SHARE = 1 / 32;
const MIN_SAMPLE = 128;
const MAX_SAMPLE = 256;

/** The order changes if its misses exceed those of the other one by this factor, recently or in the long run. */
const RECENT_LEAD = 1.25;
const LONG_RUN_LEAD = 1.01;
/** The memory of the counts, in uses for each entry of the sample. */
const RECENT_USES = 8;
const LONG_RUN_USES = 128;
/** A lead that may be chance, as a share of the sample. */
const NOISE_SHARE = 1 / 20;

/** A model, and its misses: counts in which older ones weigh less and less. */
class Contestant {
  recent = 0;
  longRun = 0;
  private readonly model: EvictionModel;

  constructor(maxEntries: number, isLru: boolean) {
    this.model = new EvictionModel(maxEntries, isLru);
  }

  limit(maxEntries: number, maxBytes: number): void {
    this.model.limit(maxEntries, maxBytes);
  }

  use(sample: number, hash: number, now: number, expiry: number, bytes: number): boolean {
    const isHit = this.model.use(hash, now, expiry, bytes);
    const miss = isHit ? 0 : 1;
    this.recent = this.recent * (1 - 1 / (RECENT_USES * sample)) + miss;
    this.longRun = this.longRun * (1 - 1 / (LONG_RUN_USES * sample)) + miss;
    return isHit;
  }
}

/**
 * Decides whether plain LRU has fewer misses than the frequency-based order of `EvictionOrder`. Two small models of the
 * cache, one for each order, receive the uses of the same sample of keys and count their misses. The sample is chosen by
 * hash, so that it has all uses of a key or none.
 */
export class EvictionContest {
  isLruBetter = false;

  private readonly lru: Contestant;
  private readonly frequency: Contestant;
  /** Hashes below this, as unsigned numbers, are in the sample. */
  private sampleEnd = 0;
  /** The number of entries of the cache for which the sample was chosen. */
  private entries = 0;
  /** The number of these in the sample. */
  private sample = 0;

  constructor(
    private readonly maxEntries: number,
    private readonly maxBytes: number,
  ) {
    const maxSample = Math.min(maxEntries, MAX_SAMPLE);
    this.lru = new Contestant(maxSample, true);
    this.frequency = new Contestant(maxSample, false);
  }

  /** Adapts the models to the number of entries when the cache evicts, which is small if the bytes are the limit. */
  fit(entries: number): void {
    if (entries * 2 >= this.entries && entries <= this.entries * 2) return;
    this.entries = Math.max(1, entries);
    this.sample = Math.min(
      this.entries,
      Math.max(MIN_SAMPLE, Math.min(MAX_SAMPLE, Math.ceil(this.entries * SAMPLE_SHARE))),
    );
    const share = this.sample / this.entries;
    this.sampleEnd = 2 ** 32 * share;
    const room = Math.max(this.sample, Math.round(this.maxEntries * share));
    for (const one of [this.lru, this.frequency])
      one.limit(Math.min(room, MAX_SAMPLE), this.maxBytes * share);
  }

  isInSample(hash: number): boolean {
    return hash >>> 0 < this.sampleEnd;
  }

  /** Records a use of a key in the sample. */
  use(hash: number, now: number, expiry: number, bytes: number): void {
    const isHit = this.lru.use(this.sample, hash, now, expiry, bytes);
    if (this.frequency.use(this.sample, hash, now, expiry, bytes) === isHit) return;
    const [current, other] = this.isLruBetter ? [this.lru, this.frequency] : [this.frequency, this.lru];
    if (this.isBeaten(current, other)) this.isLruBetter = !this.isLruBetter;
  }

  private isBeaten(current: Contestant, other: Contestant): boolean {
    const noise = this.sample * NOISE_SHARE;
    return (
      current.recent > other.recent * RECENT_LEAD + noise ||
      (current.recent > other.recent && current.longRun > other.longRun * LONG_RUN_LEAD + noise)
    );
  }
}
