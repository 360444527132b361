import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from './support/runs.js';
import { WatchedMap } from './support/watched-map.js';

interface Entry {
  readonly value: number;
  readonly expiry: number;
  readonly bytes: number;
}

/** A bounded map, and a plain map that holds what it should hold. */
class ComparedMap {
  private readonly watched: WatchedMap;
  private readonly model = new Map<string, Entry>();
  private values = 0;

  constructor(
    private readonly maxEntries: number,
    private readonly maxBytes: number,
    seed: number,
  ) {
    this.watched = new WatchedMap(maxEntries, maxBytes, seed);
  }

  get(key: string): void {
    const found = this.live(key)?.value;
    expect(this.watched.map.get(key)).toBe(found);
    this.settle();
  }

  peek(key: string): void {
    const { map, time } = this.watched;
    const entry = this.live(key);
    expect(map.peek(key)).toBe(entry?.value);
    expect(map.has(key)).toBe(entry !== undefined);
    expect(map.remaining(key)).toBe(entry === undefined ? 0 : entry.expiry - time);
  }

  set(key: string, ttl: number, bytes: number): void {
    const { map, time } = this.watched;
    const value = ++this.values;
    const fits = bytes <= this.maxBytes;
    expect(map.set(key, value, ttl, bytes)).toBe(fits);
    // A value that is replaced is not reported.
    this.model.delete(key);
    this.settle(bytes);
    if (!fits) return;
    this.model.set(key, { value, expiry: time + ttl, bytes });
    expect(map.peek(key)).toBe(value);
  }

  delete(key: string): void {
    expect(this.watched.map.delete(key)).toBe(this.live(key) !== undefined);
    this.model.delete(key);
  }

  clear(): void {
    this.watched.map.clear();
    this.model.clear();
  }

  wait(ms: number): void {
    this.watched.time += ms;
  }

  /** New keys, and one that is read again and again. */
  scan(key: string, count: number): void {
    for (let step = 0; step < count; step++) {
      this.get(key);
      this.set(`new:${this.values}`, Infinity, 1);
    }
  }

  removeExpired(): void {
    this.watched.map.removeExpired();
    this.settle();
    for (const key of this.model.keys()) expect(this.live(key)).toBeDefined();
  }

  list(): void {
    const live = [...this.model].filter(([key]) => this.live(key) !== undefined);
    expect(new Map(this.watched.map)).toEqual(new Map(live.map(([key, { value }]) => [key, value])));
  }

  check(): void {
    const { map, removed } = this.watched;
    expect(removed).toEqual([]);
    expect([map.size, map.bytes]).toEqual([this.model.size, this.modelBytes]);
    expect(map.size).toBeLessThanOrEqual(this.maxEntries);
    expect(map.bytes).toBeLessThanOrEqual(this.maxBytes);
  }

  private live(key: string): Entry | undefined {
    const entry = this.model.get(key);
    return entry !== undefined && entry.expiry >= this.watched.time ? entry : undefined;
  }

  private get modelBytes(): number {
    return [...this.model.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Applies the reported removals to the model. */
  private settle(added = 0): void {
    for (const { key, value, cause } of this.watched.removed.splice(0)) {
      expect(this.model.get(key)?.value).toBe(value);
      if (cause === 'expired') expect(this.live(key)).toBeUndefined();
      else {
        expect(this.live(key)).toBeDefined();
        // No entry is evicted if the new one fits without that.
        expect(this.model.size >= this.maxEntries || this.modelBytes + added > this.maxBytes).toBe(true);
      }
      this.model.delete(key);
    }
  }
}

type Command = (compared: ComparedMap) => void;

/** A command that a failed test prints as a call. */
function command(call: keyof ComparedMap, ...args: readonly unknown[]): Command {
  const run = (compared: ComparedMap) => (compared[call] as (...all: readonly unknown[]) => void)(...args);
  return Object.assign(run, { [fc.toStringMethod]: () => `${call}(${args.join(', ')})` });
}

const key = fc.nat(59).map((number) => `key:${number}`);
const ttl = fc.constantFrom(Infinity, Infinity, 1, 5, 50);
const bytes = fc.constantFrom(0, 1, 3, 10, 40, 90, 101);

const anyCommand = fc.oneof(
  { weight: 30, arbitrary: fc.tuple(key, ttl, bytes).map((args) => command('set', ...args)) },
  { weight: 30, arbitrary: key.map((one) => command('get', one)) },
  { weight: 5, arbitrary: key.map((one) => command('delete', one)) },
  { weight: 5, arbitrary: key.map((one) => command('peek', one)) },
  { weight: 10, arbitrary: fc.nat(7).map((ms) => command('wait', ms)) },
  { weight: 5, arbitrary: fc.tuple(key, fc.nat(40)).map((args) => command('scan', ...args)) },
  { weight: 5, arbitrary: fc.constantFrom(command('list'), command('removeExpired')) },
  { weight: 1, arbitrary: fc.constant(command('clear')) },
);

describe('a bounded map', () => {
  it('has the values, bounds, sizes and removals of a plain model, after any operations', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.constantFrom(100, 400, Infinity),
        fc.nat(),
        fc.array(anyCommand, { minLength: 20, maxLength: 300, size: 'max' }),
        (maxEntries, maxBytes, seed, commands) => {
          const compared = new ComparedMap(maxEntries, maxBytes, seed);
          for (const run of commands) {
            run(compared);
            compared.check();
          }
        },
      ),
      { numRuns: runs(400) },
    );
  });
});
