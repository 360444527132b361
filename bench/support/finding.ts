import type { Spread } from './statistics.js';

/** A row of the table: what was measured, the result, and whether a goal was reached. */
export interface Finding {
  readonly measured: string;
  readonly result: string;
  readonly goal?: Goal;
  /** Absolute figures, which are valid only for this machine. */
  readonly figures: string;
}

export interface Goal {
  readonly text: string;
  readonly held: boolean;
}

/** Answers one question; the file that exports it is named after the question. */
export type Question = () => Promise<Finding[]>;

/** A goal is compared with the median. */
export function atLeast(ratio: Spread, least: number): Goal {
  return { text: `at least ${least}x`, held: ratio.median >= least };
}

export function atMost(ratio: Spread, most: number): Goal {
  return { text: `at most ${most}x`, held: ratio.median <= most };
}

export function times({ median, min, max }: Spread): string {
  const digits = median < 10 ? 2 : 0;
  return `${median.toFixed(digits)}x (${min.toFixed(digits)} to ${max.toFixed(digits)})`;
}

export function count(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: 0 });
}

export function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
