import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { BaseConfig, secretTextsOf } from '../../config/index.js';
import { CacheEngine } from '../cache.engine.js';
import { CacheMetrics } from './cache.metrics.js';
import type { CacheSnapshot } from './cache.snapshot.js';
import { type KeyGroupReport, GroupedFigures } from './grouped-figures.js';
import { groupOf } from './key-group.js';
import { SampledKeys } from './sampled-keys.js';

const HISTORY_MS = 30_000;
const MAX_POINTS = 120;
const MAX_LISTED = 50;
const MAX_GROUPS = 1000;
/** The process serves requests between two parts of a walk. */
const WALK_PART = 5_000;

/** The figures of the cache at a time. */
export interface CachePoint extends Pick<
  CacheSnapshot,
  'hits' | 'misses' | 'evictions' | 'entries' | 'bytes'
> {
  /** ISO time. */
  readonly at: string;
}

/** The cache of a process, for the operations page. */
export interface UsageReport {
  readonly snapshot: CacheSnapshot;
  readonly maxEntries: number;
  readonly maxBytes: number;
  /**
   * The largest groups of keys, at most 50, and 'other' for the rest. A key shows its beginning only: a word of at most 32
   * letters, digits, _ and - before the first colon, or the name of a cached method. No other part of a key is shown, and no
   * secret of the configuration.
   */
  readonly groups: readonly KeyGroupReport[];
  /** One point each 30 s since the observation began, the last 120 of them. */
  readonly history: readonly CachePoint[];
}

/** What the cache holds by groups of keys, and how they are used. It records nothing until it observes. */
@Injectable()
export class CacheUsage implements OnApplicationShutdown {
  readonly #engine: CacheEngine;
  readonly #metrics: CacheMetrics;
  readonly #config: BaseConfig;
  #sampled: SampledKeys | undefined;
  #history: readonly CachePoint[] = [];
  #timer: NodeJS.Timeout | undefined;
  #walk: Promise<GroupedFigures> | undefined;

  constructor(
    @Inject(CacheEngine) engine: CacheEngine,
    @Inject(CacheMetrics) metrics: CacheMetrics,
    @Inject(BaseConfig) config: BaseConfig,
  ) {
    this.#engine = engine;
    this.#metrics = metrics;
    this.#config = config;
  }

  /** Begins to record how keys are used, and the history. */
  observe(): void {
    if (this.#sampled !== undefined) return;
    this.#engine.observer = this.#sampled = new SampledKeys();
    this.#record();
    this.#timer = setInterval(() => this.#record(), HISTORY_MS).unref();
  }

  onApplicationShutdown(): void {
    clearInterval(this.#timer);
    this.#engine.observer = undefined;
  }

  async report(): Promise<UsageReport> {
    const { near } = this.#engine;
    const secrets = secretTextsOf(this.#config);
    const held = await (this.#walk ??= this.#groupEntries().finally(() => (this.#walk = undefined)));
    const groups = new GroupedFigures(Infinity);
    for (const row of [...held, ...(this.#sampled ?? [])])
      groups.add({ ...row, name: String(secrets.redact(row.name)) });
    return {
      snapshot: this.#metrics.snapshot(),
      maxEntries: near.capacity,
      maxBytes: near.maxBytes,
      groups: groups.largest(MAX_LISTED),
      history: this.#history,
    };
  }

  /** Concurrent callers share one walk. */
  async #groupEntries(): Promise<GroupedFigures> {
    const groups = new GroupedFigures(MAX_GROUPS);
    const { near } = this.#engine;
    // Entries that are added meanwhile would make it longer.
    let left = near.size;
    for (const [key, bytes] of near.sizes()) {
      if (left-- <= 0) break;
      if (left % WALK_PART === 0) await nextTurn();
      const figures = groups.of(groupOf(key));
      figures.entries++;
      figures.bytes += bytes;
    }
    return groups;
  }

  #record(): void {
    const { hits, misses, evictions, entries, bytes } = this.#metrics.snapshot();
    const point = { at: new Date().toISOString(), hits, misses, evictions, entries, bytes };
    this.#history = [...this.#history, point].slice(-MAX_POINTS);
  }
}
