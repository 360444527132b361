import type { KeyMetrics } from '../../keys/index.js';
import type { KeysReport } from '../operations.report.js';

/** The keys by their public ids. */
export function reportKeys(metrics: KeyMetrics): KeysReport {
  const { current, ids, adopted, refused } = metrics.snapshot();
  return { keys: ids.map((id) => ({ id, signs: id === current })), adopted, refused };
}
