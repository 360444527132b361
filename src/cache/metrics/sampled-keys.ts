import type { KeyObserver } from '../key-observer.js';
import { type KeyGroupReport, GroupedFigures } from './grouped-figures.js';
import { groupOf } from './key-group.js';

/** One of so many hits or misses is looked at, on average. */
const STRIDE = 64;
const MAX_GROUPS = 200;

/** The hits and misses of groups of keys, estimated from samples, and their loads, which are counted. */
export class SampledKeys implements KeyObserver {
  private readonly groups = new GroupedFigures(MAX_GROUPS);
  private readonly hits = new Sampler();
  private readonly misses = new Sampler();

  hit(key: string): void {
    const weight = this.hits.next();
    if (weight > 0) this.groups.of(groupOf(key)).hits += weight;
  }

  miss(key: string): void {
    const weight = this.misses.next();
    if (weight > 0) this.groups.of(groupOf(key)).misses += weight;
  }

  load(key: string): void {
    this.groups.of(groupOf(key)).loads++;
  }

  [Symbol.iterator](): Iterator<KeyGroupReport> {
    return this.groups[Symbol.iterator]();
  }
}

/** Chooses at random, because calls may repeat in a period. */
class Sampler {
  private stride = 1;
  private left = 1;

  /** For how many calls this one stands; 0 if it is not in the sample. */
  next(): number {
    if (--this.left > 0) return 0;
    const { stride } = this;
    this.left = this.stride = 1 + Math.floor(Math.random() * (2 * STRIDE - 1));
    return stride;
  }
}
