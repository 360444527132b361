import { type KeyGroup, OTHER } from './key-group.js';

/** A group of keys with its figures. */
export interface KeyGroupReport extends KeyGroup {
  /** Entries now. */
  readonly entries: number;
  /** Bytes now, estimated on the high side, like `CacheSnapshot.bytes`. */
  readonly bytes: number;
  /** Reads that found a value since the observation began, estimated by sampling. */
  readonly hits: number;
  /** Reads that found no value since the observation began, estimated by sampling. */
  readonly misses: number;
  /** Loads of `LoadingCache` since the observation began. */
  readonly loads: number;
}

type GroupFigures = { -readonly [Figure in Exclude<keyof KeyGroupReport, keyof KeyGroup>]: number };

/** Figures by group. Groups beyond the maximum are counted together. */
export class GroupedFigures {
  private readonly rows = new Map<string, KeyGroup & GroupFigures>();

  constructor(private readonly maxGroups: number) {}

  of(group: KeyGroup): GroupFigures {
    const id = `${group.kind} ${group.name}`;
    const known = this.rows.get(id);
    if (known !== undefined) return known;
    const row = { ...group, entries: 0, bytes: 0, hits: 0, misses: 0, loads: 0 };
    if (this.rows.size >= this.maxGroups && group !== OTHER) return this.of(OTHER);
    this.rows.set(id, row);
    return row;
  }

  add({ kind, name, ...figures }: KeyGroupReport): void {
    const row = this.of(kind === 'other' ? OTHER : { kind, name });
    for (const figure of Object.keys(figures) as (keyof GroupFigures)[]) row[figure] += figures[figure];
  }

  *[Symbol.iterator](): Generator<KeyGroupReport> {
    for (const row of this.rows.values()) yield { ...row };
  }

  /** The largest groups first; the rest is the last one. */
  largest(count: number): KeyGroupReport[] {
    const sorted = [...this].toSorted(
      (one, two) => rankOf(one) - rankOf(two) || two.bytes - one.bytes || two.hits - one.hits,
    );
    const rest = new GroupedFigures(0);
    for (const row of sorted.slice(count)) rest.add(row);
    const listed = new GroupedFigures(Infinity);
    for (const row of [...sorted.slice(0, count), ...rest]) listed.add(row);
    return [...listed];
  }
}

const rankOf = ({ kind }: KeyGroup) => Number(kind === 'other');
