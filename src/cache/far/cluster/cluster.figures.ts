import { type SharedSnapshot, type SharedTotals, addTotals } from '../shared.snapshot.js';
import type { Master } from './master.js';

/**
 * The figures of a cluster.
 *
 * @param retired the totals of masters that are no longer in use
 */
export function clusterFigures(masters: readonly Master[], retired: SharedTotals): SharedSnapshot {
  const sorted = masters.toSorted((one, other) => one.slots.first - other.slots.first);
  const figures = sorted.map((master) => master.figures);
  const states = new Set(figures.map(({ breaker }) => breaker));
  const worst = (['open', 'half-open'] as const).find((state) => states.has(state)) ?? 'closed';
  return {
    ...figures.reduce<SharedTotals>(addTotals, retired),
    breaker: worst,
    isConnected: figures.length > 0 && figures.every(({ isConnected }) => isConnected),
    masters: Object.freeze(sorted.map((master) => master.snapshot)),
  };
}
